"""The list of findings: the gravest first, found by a text, narrowed by what they have in common."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from datasette.app import Datasette

from .building import Asked


async def listed(datasette: Datasette, query: str = "") -> list[str]:
    document = (await datasette.client.get(f"/sample/-/findings.json{query}")).json()
    return [each["fingerprint"] for each in document["findings"]]


async def test_all_findings_are_listed_the_gravest_first(datasette: Datasette, rows: Asked) -> None:
    found = await listed(datasette)
    assert sorted(found) == sorted(row[0] for row in rows("SELECT fingerprint FROM findings"))
    severities = [dict(rows("SELECT fingerprint, severity FROM findings"))[key] for key in found]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    page = (await datasette.client.get("/sample/-/findings")).text
    for key in found:
        assert f'href="/sample/-/findings/{key}"' in page


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("BRAZE", "destination = 'Braze' OR vendor = 'braze'"),
        ("product viewed", "event_name LIKE '%Product Viewed%'"),
        ("forum.example", "site LIKE '%forum.example%'"),
        ("fanout-without", "rule = 'fanout-without-consent'"),
    ],
)
async def test_a_text_finds_names_in_any_case(datasette: Datasette, rows: Asked, text: str, where: str) -> None:
    wanted = {row[0] for row in rows(f"SELECT fingerprint FROM findings WHERE {where}")}
    assert wanted
    assert wanted <= set(await listed(datasette, f"?q={quote(text)}"))


async def test_a_text_finds_what_was_observed_and_a_vendor_by_its_name(datasette: Datasette, rows: Asked) -> None:
    assert await listed(datasette, "?q=www.facebook.com")
    by_name = await listed(datasette, "?q=meta%20pixel")
    assert set(by_name) >= {row[0] for row in rows("SELECT fingerprint FROM findings WHERE vendor = 'meta-pixel'")}


async def test_fields_narrow_the_list_and_can_be_taken_back_one_by_one(datasette: Datasette, rows: Asked) -> None:
    wanted = rows("SELECT fingerprint FROM findings WHERE verdict = 'confirmed' AND vendor = 'segment'")
    assert sorted(await listed(datasette, "?verdict=confirmed&vendor=segment")) == sorted(row[0] for row in wanted)
    page = (await datasette.client.get("/sample/-/findings?verdict=confirmed&vendor=segment")).text
    assert 'href="/sample/-/findings?vendor=segment"' in page
    assert 'href="/sample/-/findings?verdict=confirmed"' in page


@pytest.mark.parametrize(
    "query",
    ["?q=%27%22%3Cscript%3E", "?q=%25", "?verdict=x", "?from=-1", "?from=9999999999", "?from=%C2%B2", "?nosuch=1"],
)
async def test_odd_arguments_are_answered(datasette: Datasette, query: str) -> None:
    page = await datasette.client.get(f"/sample/-/findings{query}")
    assert page.status_code == 200
    assert "<script>" not in page.text.replace('<script src="', "")


async def test_nothing_found_is_said(datasette: Datasette) -> None:
    assert "No finding is like that." in (await datasette.client.get("/sample/-/findings?q=nosuchthing")).text
