"""The page of a vendor."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette
from markupsafe import escape

from addon.findings import rows, vendors
from addon.runner import opened
from vendor_catalog import shipped_catalogue

from .building import Asked, Capture

META = "/sample/-/vendors/meta-pixel"


async def told(datasette: Datasette, address: str = META) -> tuple[str, dict[str, Any]]:
    page = await datasette.client.get(address)
    assert page.status_code == 200
    return page.text, (await datasette.client.get(f"{address}.json")).json()


async def test_a_vendor_says_who_it_is_and_why_it_needs_consent(datasette: Datasette) -> None:
    page, document = await told(datasette)
    entry = shipped_catalogue().vendors["meta-pixel"]
    assert document["category"] == "marketing"
    assert escape(entry.category_reason) in page
    assert f'<h1 class="cw-clip">{entry.name}</h1>' in page


async def test_it_counts_what_the_database_counts(datasette: Datasette, rows: Asked) -> None:
    _, document = await told(datasette)
    assert document["calls"] == rows("SELECT count(*) FROM calls WHERE vendor = 'meta-pixel'")[0][0] == 3
    assert [(each["host"], each["kind"], each["calls"]) for each in document["hosts"]] == [
        ("www.facebook.com", "collect", 3)
    ]
    assert [(each["name"], each["hits"]) for each in document["hits"]] == [("PageView", 3)]
    assert [each["account"] for each in document["accounts"]] == ["123456789"]
    assert [each["name"] for each in document["cookies"]] == ["_fbp"]
    fingerprints = rows("SELECT fingerprint FROM findings WHERE vendor = 'meta-pixel' AND verdict <> 'cleared'")
    assert {each["fingerprint"] for each in document["findings"]} == {row[0] for row in fingerprints}
    verdicts = rows(
        "SELECT verdict, count(*) FROM violations WHERE vendor = 'meta-pixel' AND verdict <> 'cleared' GROUP BY verdict"
    )
    assert document["verdicts"] == dict(verdicts)


async def test_it_tells_first_and_last(datasette: Datasette, rows: Asked) -> None:
    page, document = await told(datasette)
    first, last = rows("SELECT min(started_at), max(started_at) FROM exchanges WHERE vendor = 'meta-pixel'")[0]
    assert (document["first_at"], document["last_at"]) == (first, last)
    assert first[11:19] in page


async def test_everything_on_it_leads_somewhere(datasette: Datasette) -> None:
    for vendor in ("meta-pixel", "braze", "segment"):
        page, _ = await told(datasette, f"/sample/-/vendors/{vendor}")
        for href in set(re.findall(r'href="(/sample[^"#]*)"', page)):
            found = await datasette.client.get(href.replace("&amp;", "&"))
            assert found.status_code == 200, href


async def test_what_is_routed_to_it_is_told_apart_from_what_was_seen(datasette: Datasette, rows: Asked) -> None:
    page, document = await told(datasette, "/sample/-/vendors/braze")
    counted = rows("SELECT count(*) FROM deliveries WHERE vendor = 'braze'")[0][0]
    assert sum(each["messages"] for each in document["routed"]) == counted
    assert {each["basis"] for each in document["routed"]} == {"predicted"}
    assert "only “observed” was seen on the wire" in page


async def test_a_cdp_shows_its_messages(datasette: Datasette, rows: Asked) -> None:
    _, document = await told(datasette, "/sample/-/vendors/segment")
    assert dict(document["messages"]) == dict(rows("SELECT type, count(*) FROM events GROUP BY type"))


async def test_identifiers_are_told_by_kind_and_never_by_value(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.get(1, "https://www.facebook.com/tr/?id=1&ev=Lead&fbp=fb.1.22.333&ud[em]=ann@shop.example")
    session.get(2, "https://www.facebook.com/tr/?id=1&ev=Lead&fbp=fb.1.22.333")
    page, document = await told(built(session))
    assert [each["kinds"] for each in document["hits"]] == [{"cookie_id": 2, "email": 1}]
    assert "cookie id" in page
    for value in ("fb.1.22.333", "ann@shop.example"):
        assert value not in page
        assert value not in str(document)


async def test_a_vendor_of_which_nothing_was_seen_says_so(datasette: Datasette) -> None:
    page, document = await told(datasette, "/sample/-/vendors/hotjar")
    assert "Nothing of it was seen in this database." in page
    assert (document["calls"], document["findings"], document["sessions"]) == (0, [], [])
    assert "No call of it that carries events was seen." in page


async def test_one_whose_calls_are_not_decoded_says_so(datasette: Datasette) -> None:
    page, document = await told(datasette, "/sample/-/vendors/criteo")
    assert "Its calls are not decoded" in page
    assert document["decoded"] == []


async def test_a_consent_manager_needs_no_consent(datasette: Datasette) -> None:
    page, _ = await told(datasette, "/sample/-/vendors/klaro")
    assert "nothing: it manages consent" in page


async def test_a_vendor_of_nobody_is_missing(datasette: Datasette) -> None:
    page = await datasette.client.get("/sample/-/vendors/nobody")
    assert page.status_code == 404
    assert "There is no vendor &#39;nobody&#39; in sample, nor in the catalogue." in page.text


@pytest.mark.parametrize("table", ["calls", "violations", "findings", "cookies", "hits", "deliveries"])
async def test_vendors_in_tables_lead_to_their_pages(datasette: Datasette, table: str) -> None:
    listed = (await datasette.client.get(f"/sample/{table}")).text
    links = set(re.findall(r'href="(/sample/-/vendors/[^"]+)"', listed))
    assert links
    for href in links:
        assert (await datasette.client.get(href)).status_code == 200


async def test_pages_lead_to_it(datasette: Datasette, rows: Asked) -> None:
    finding = rows("SELECT fingerprint FROM findings WHERE vendor = 'meta-pixel'")[0][0]
    violation = rows("SELECT id FROM violations WHERE vendor = 'meta-pixel'")[0][0]
    event = rows("SELECT event_id FROM deliveries WHERE vendor = 'braze'")[0][0]
    for address, vendor in (
        ("/", "meta-pixel"),
        (f"/sample/-/findings/{finding}", "meta-pixel"),
        (f"/sample/-/violations/{violation}", "meta-pixel"),
        (f"/sample/-/events/{event}", "braze"),
        ("/sample/-/sessions/1.s1", "meta-pixel"),
    ):
        assert f'href="/sample/-/vendors/{vendor}"' in (await datasette.client.get(address)).text, address


async def test_who_may_not_see_a_table_sees_nothing_of_it_here(sample: Path) -> None:
    denied = {"databases": {"sample": {"tables": {"hits": {"allow": False}}}}}
    assert (await Datasette([str(sample)], metadata=denied).client.get(META)).status_code == 404


def test_no_query_reads_a_whole_table(tmp_path: Path) -> None:
    with opened(tmp_path / "empty.db"):
        pass
    queries = {name: sql for name, sql in vars(vendors).items() if name.isupper() and ":vendor" in str(sql)}
    queries.pop("_CONCERNED")
    queries["_FINDINGS"] = rows._FINDING.sql(rows._FINDINGS + queries["_FINDINGS"])
    assert len(queries) >= 10
    with sqlite3.connect(tmp_path / "empty.db") as connection:
        for name, sql in queries.items():
            plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", {"vendor": "x", "most": 1}).fetchall()
            read = [
                row[3] for row in plan if re.match(r"SCAN [a-z]+$", row[3]) and not row[3].endswith(("concerned", " k"))
            ]
            assert not read, (name, read)
