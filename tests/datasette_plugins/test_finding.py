"""The page of a finding."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from datasette.app import Datasette

from addon.policy import Policy
from addon.runner import analyse_files, open_captures, opened

from .building import Asked, Capture, shop, write_har


async def test_a_finding_tells_its_violations_in_order(datasette: Datasette, rows: Asked) -> None:
    fingerprint, count = rows("SELECT fingerprint, violations FROM findings ORDER BY violations DESC LIMIT 1")[0]
    page = await datasette.client.get(f"/sample/-/findings/{fingerprint}")
    assert page.status_code == 200
    document = (await datasette.client.get(f"/sample/-/findings/{fingerprint}.json")).json()
    times = [each["occurred_at"] for each in document["violations"]]
    assert len(times) == count
    assert times == sorted(times)
    for each in document["violations"]:
        assert f'href="/sample/-/violations/{each["id"]}"' in page.text


async def test_every_finding_has_a_page(datasette: Datasette, rows: Asked) -> None:
    for (fingerprint,) in rows("SELECT fingerprint FROM findings"):
        assert (await datasette.client.get(f"/sample/-/findings/{fingerprint}")).status_code == 200


async def test_a_finding_is_told_by_capture(tmp_path: Path) -> None:
    files = [
        write_har(tmp_path / "monday.har", shop()),
        write_har(tmp_path / "tuesday.har", shop(), Capture(host="x.example")),
    ]
    second = shop()
    second.track(50, "One More")
    files[1] = write_har(tmp_path / "tuesday.har", second)
    path = tmp_path / "both.db"
    with opened(path) as database:
        list(analyse_files(open_captures(files), database, Policy()))
    datasette = Datasette([str(path)])
    found = (await datasette.client.get("/both/findings.json?rule=destination-without-consent&_shape=array")).json()
    document = (await datasette.client.get(f"/both/-/findings/{found[0]['fingerprint']}.json")).json()
    assert [each["path"].rpartition("/")[2] for each in document["captures"]] == ["monday.har", "tuesday.har"]


async def test_a_large_finding_is_paged_and_each_violation_stands_once(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    for number in range(230):
        session.pixel(1 + number // 50)
    session.page(20, "two")
    datasette = built(session)
    found = (await datasette.client.get("/sample/findings.json?vendor=meta-pixel&_shape=array")).json()
    address, seen = f"/sample/-/findings/{found[0]['fingerprint']}.json", []
    while address:
        document = (await datasette.client.get(address)).json()
        seen += [each["id"] for each in document["violations"]]
        address = document["next"]
    assert len(seen) == len(set(seen)) == 230


async def test_violations_over_time_are_bars_by_verdict(datasette: Datasette, rows: Asked) -> None:
    fingerprint = rows("SELECT fingerprint FROM findings WHERE rule = 'destination-without-consent'")[0][0]
    page = (await datasette.client.get(f"/sample/-/findings/{fingerprint}")).text
    assert re.search(r'<rect class="cw-fill-confirmed"[^>]*><title>1 confirmed from 12:00:09</title>', page)
