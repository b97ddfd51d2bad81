"""The pages of causes: what to fix, and the ticket for it."""

from __future__ import annotations

import re
from html import unescape

from datasette.app import Datasette
from datasette.utils import tilde_encode

from .building import Asked


async def causes(datasette: Datasette) -> list[dict[str, object]]:
    return list((await datasette.client.get("/sample/-/causes.json")).json()["causes"])


async def test_every_cause_has_a_page_with_its_fix_its_findings_and_a_ticket(datasette: Datasette) -> None:
    listed = await causes(datasette)
    assert listed
    for cause in listed:
        page = await datasette.client.get(f"/sample/-/causes/{tilde_encode(str(cause['id']))}")
        assert page.status_code == 200
        text = unescape(page.text)
        assert str(cause["title"]) in text
        assert str(cause["fix"]) in text
        for fingerprint in cause["findings"]:  # type: ignore[attr-defined]
            assert f'href="/sample/-/findings/{fingerprint}"' in page.text
        assert "## How to fix" in text


async def test_the_list_leads_to_each_in_the_same_order(datasette: Datasette) -> None:
    page = (await datasette.client.get("/sample/-/causes")).text
    titles = [unescape(each) for each in re.findall(r'class="cw-sentence">(.*?)</span>', page)]
    assert titles == [str(cause["title"]) for cause in await causes(datasette)]


async def test_a_cause_that_is_none_says_where_to_go(datasette: Datasette) -> None:
    for key in ("nosuch", "a:b:c:d", "alone:f00d"):
        page = await datasette.client.get(f"/sample/-/causes/{tilde_encode(key)}")
        assert page.status_code == 404
        assert "There is no cause" in unescape(page.text)


async def test_all_violations_that_count_are_under_a_cause(datasette: Datasette, rows: Asked) -> None:
    counted = rows("SELECT count(*) FROM violations WHERE verdict <> 'cleared' AND suppressed IS NULL")[0][0]
    assert sum(int(str(cause["violations"])) for cause in await causes(datasette)) == counted
