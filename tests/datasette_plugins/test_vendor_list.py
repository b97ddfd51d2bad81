"""The page of all vendors that were seen."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from addon.findings import vendor_list
from addon.policy import Policy, Suppression
from addon.runner import opened

from .building import Asked, Capture, shop

ADDRESS = "/sample/-/vendors"
NAMED = re.compile(r'<th scope="row"><a href="/sample/-/vendors/([^"]+)">')


async def listed(datasette: Datasette, query: str = "") -> list[str]:
    page = await datasette.client.get(f"{ADDRESS}{query}")
    assert page.status_code == 200
    return NAMED.findall(page.text)


async def told(datasette: Datasette) -> dict[str, dict[str, Any]]:
    document = (await datasette.client.get(f"{ADDRESS}.json")).json()
    return {each["vendor"]: each for each in document["vendors"]}


async def test_every_vendor_that_was_seen_stands_in_it_once(datasette: Datasette, rows: Asked) -> None:
    tables = ("calls", "deliveries", "cookies", "violations")
    seen = {row[0] for table in tables for row in rows(f"SELECT vendor FROM {table} WHERE vendor IS NOT NULL")}
    vendors = await listed(datasette)
    assert set(vendors) == seen >= {"segment", "meta-pixel", "braze", "amplitude"}
    assert len(vendors) == len(set(vendors))


async def test_it_counts_what_the_database_counts(datasette: Datasette, rows: Asked) -> None:
    for vendor, each in (await told(datasette)).items():
        assert (
            each["calls"]
            == rows("SELECT count(*) FROM calls WHERE vendor = ?", vendor)[0][0]
            == sum(each["kinds"].values())
        )
        flowing = "SELECT count(*) FROM deliveries WHERE vendor = ? AND outcome = 'flows'"
        assert each["routed"] == rows(flowing, vendor)[0][0]
        assert each["cookies"] == rows("SELECT count(DISTINCT name) FROM cookies WHERE vendor = ?", vendor)[0][0]
        counted = "SELECT count(*) FROM findings WHERE vendor = ? AND verdict <> 'cleared'"
        assert each["findings"] == rows(counted, vendor)[0][0]
        counted = "SELECT count(*) FROM violations WHERE vendor = ? AND verdict <> 'cleared'"
        assert sum(each["violations"].values()) == rows(counted, vendor)[0][0]


async def test_each_has_the_category_under_which_it_was_judged_and_when_it_was_first_seen(
    datasette: Datasette, rows: Asked
) -> None:
    vendors = await told(datasette)
    assert (vendors["meta-pixel"]["needs"], vendors["segment"]["needs"]) == ("marketing", "analytics")
    first = rows("SELECT min(started_at) FROM exchanges WHERE vendor = 'meta-pixel'")[0][0]
    assert vendors["meta-pixel"]["first_at"] == first
    assert vendors["meta-pixel"]["hosts"] == {"www.facebook.com": 3}


async def test_a_consent_manager_is_listed_and_needs_none(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    session.get(1, "https://consent.cookiebot.com/uc.js?cbid=1")
    assert (await told(built(session)))["cookiebot"]["needs"] == "manages consent"


async def test_what_has_most_violations_comes_first_and_other_orders_can_be_asked_for(datasette: Datasette) -> None:
    vendors = await told(datasette)
    confirmed = [vendors[vendor]["violations"].get("confirmed", 0) for vendor in await listed(datasette)]
    assert confirmed == sorted(confirmed, reverse=True)
    names = [vendors[vendor]["name"].casefold() for vendor in await listed(datasette, "?sort=name")]
    assert names == sorted(names)
    calls = [vendors[vendor]["calls"] for vendor in await listed(datasette, "?sort=calls")]
    assert calls == sorted(calls, reverse=True)


async def test_one_category_can_be_asked_for(datasette: Datasette) -> None:
    vendors = await told(datasette)
    marketing = await listed(datasette, "?needs=marketing&sort=name")
    assert marketing == sorted(vendor for vendor, each in vendors.items() if each["needs"] == "marketing")
    page = (await datasette.client.get(f"{ADDRESS}?needs=marketing&sort=name")).text
    assert 'href="/sample/-/vendors?sort=name"' in page
    assert "<strong>marketing (" in page


@pytest.mark.parametrize("query", ["?sort=nonsense", "?sort=", "?needs=", "?sort=calls&sort=name", "/", "/?sort=first"])
async def test_odd_addresses_are_answered(datasette: Datasette, query: str) -> None:
    assert "meta-pixel" in await listed(datasette, query)


async def test_what_an_address_asks_for_is_never_written_into_the_page(datasette: Datasette) -> None:
    page = await datasette.client.get(f"{ADDRESS}?needs=%3Cscript%3E&sort=%22%3E%3Cscript%3E")
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "No vendor that was seen needs consent for that." in page.text


async def test_everything_on_it_leads_somewhere(datasette: Datasette) -> None:
    page = (await datasette.client.get(ADDRESS)).text
    addresses = {unescape(href) for href in re.findall(r'href="(/sample[^"#]*)"', page)}
    assert len(addresses) > 20
    for address in addresses:
        assert (await datasette.client.get(address)).status_code == 200, address


async def test_it_is_linked_above_every_page(datasette: Datasette) -> None:
    for address in ("/", "/sample/findings", "/sample/-/vendors/braze", ADDRESS):
        page = (await datasette.client.get(address)).text
        assert re.search(r'<a href="/sample/-/vendors"( aria-current="page")?>Vendors</a>', page), address
    assert '<a href="/sample/-/vendors" aria-current="page">Vendors</a>' in page


async def test_a_database_without_a_vendor_says_so(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    page = await built(session).client.get(ADDRESS)
    assert "0 vendors seen" in page.text
    assert "No call to a vendor, no message and no vendor’s cookie is in this database." in page.text


async def test_who_may_not_see_a_table_sees_nothing_of_it_here(sample: Path) -> None:
    denied = {"databases": {"sample": {"tables": {"cookies": {"allow": False}}}}}
    hidden = Datasette([str(sample)], metadata=denied)
    for address in (ADDRESS, f"{ADDRESS}.json"):
        assert (await hidden.client.get(address)).status_code == 404


async def test_suppressed_findings_are_not_counted(built: Callable[..., Datasette]) -> None:
    accepted = Suppression(
        rule="destination-without-consent", reason="reviewed", owner="privacy", expires=date(2030, 1, 1)
    )
    vendors = await told(built(shop(), policy=Policy(suppress=[accepted])))
    assert vendors["meta-pixel"]["calls"] == 3
    assert vendors["meta-pixel"]["findings"] == 1  # its cookie


def test_no_query_reads_another_table_row_by_row(tmp_path: Path) -> None:
    """Each table is read at most once; what is joined to it is looked up by its key."""
    queries = {name: sql for name, sql in vars(vendor_list).items() if name.isupper() and "SELECT" in str(sql)}
    assert len(queries) == 6
    with opened(tmp_path / "empty.db"):
        pass
    with sqlite3.connect(tmp_path / "empty.db") as connection:
        for name, sql in queries.items():
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert sum(step.startswith("SCAN") for step in plan) <= 1, (name, plan)
