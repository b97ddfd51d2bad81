"""The catalogue that commands work with: the same for files, for several processes, and for a live capture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from addon.observe.backend import Backend
from addon.pipeline import CaptureTraits, Pipeline
from addon.policy import Policy, catalogue_with
from addon.runner import Analysis, analyse_files, open_captures, opened
from addon.runner import files as module
from tests.addon.building import META_PIXEL, Browser, Run, message, onetrust_choice
from tests.addon.catalogue_folders import own_folder
from tests.addon.live.live_captures import play
from tests.addon.readers.samples import NOON, entry, flow, shop, write_har
from tests.addon.store.rows_made import query
from vendor_catalog import CatalogueError, shipped_catalogue


def stranger_called() -> list[dict[str, object]]:
    return [
        entry("https://www.shop.example/"),
        entry("https://collect.stranger.example/t", headers={"referer": "https://www.shop.example/"}),
    ]


def calls(database: Path) -> list[tuple[object, ...]]:
    return query(database, "SELECT vendor, category FROM calls WHERE vendor = 'stranger'")


def test_without_folders_it_is_the_one_that_ships() -> None:
    assert catalogue_with([]) is shipped_catalogue()
    assert shipped_catalogue().unread == ()


@pytest.mark.parametrize("name", ["nonsense", "a b", "../x", "_values", "shopify.x"])
def test_a_consent_manager_of_a_format_that_nothing_reads_is_left_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "cmps").mkdir()
    text = (
        'id = "mine"\nname = "Mine"\nwebsite = "w"\nabsence = "unknown"\nstorage = "cookie"\nsources = ["s"]\n'
        f'[[cookies]]\nname = "c"\nformat = "{name}"\nsources = ["s"]\n'
    )
    (tmp_path / "cmps" / "mine.toml").write_text(text)
    (reason,) = catalogue_with([tmp_path]).unread
    assert "mine.toml: cookies.0.format: nothing reads a format" in reason


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no such folder"):
        catalogue_with([tmp_path / "x"])


def test_several_processes_see_the_same_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH_PROCESSES", 0)
    known = catalogue_with([own_folder(tmp_path / "mine", broken=True)])
    files = [
        write_har(tmp_path / f"{name}.har", [*stranger_called(), *more])
        for name, more in (("a", []), ("b", [entry("https://www.shop.example/more")]))
    ]
    with opened(tmp_path / "x.db") as store:
        results = list(analyse_files(open_captures(files), store, Policy(), catalogue=known, jobs=2))
    assert all(isinstance(result, Analysis) for result in results)
    assert calls(tmp_path / "x.db") == [("stranger", "analytics")] * 2
    gaps = query(
        tmp_path / "x.db", "SELECT capture_id, reason FROM gaps WHERE kind = 'catalogue-file-unread' ORDER BY 1"
    )
    assert [capture for capture, _ in gaps] == [1, 2]
    assert all("broken.toml: category: " in str(reason) for _, reason in gaps)


async def test_a_live_capture_sees_the_folders_of_its_policy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    own_folder(tmp_path / "mine", broken=True)
    policy = tmp_path / "consentwire.toml"
    policy.write_text('[catalogue]\nfolders = ["mine"]\n')
    called = flow("https://collect.stranger.example/t", at=NOON + 9, headers=[(b"referer", b"https://shop.example/")])
    await play(tmp_path / "a.db", [*shop(), called], consentwire_policy=str(policy))
    assert calls(tmp_path / "a.db") == [("stranger", "analytics")]
    assert query(tmp_path / "a.db", "SELECT count(*) FROM gaps WHERE kind = 'catalogue-file-unread'") == [(1,)]
    assert "broken.toml: category: " in caplog.text


def test_a_capture_goes_on_where_files_that_ship_do_not_hold() -> None:
    """Whatever is missing from the catalogue, no exchange fails by it, and what is missing is a gap."""
    vendors = {name: vendor for name, vendor in shipped_catalogue().vendors.items() if name != "segment"}
    lacking = replace(shipped_catalogue(), vendors=vendors, consent_managers={})
    pipeline = Pipeline(1, lacking, Policy(), CaptureTraits())
    browser = Browser(cookies=onetrust_choice("C0001:1"), gpc=True)
    asserted = f"{META_PIXEL}&gdpr=1&gdpr_consent=CQ&us_privacy=1YNN&gpp=DBABLA~1&gcs=G111&gcd=13r3r3r3r5"
    story = (browser.open(0), browser.pixel(1, asserted), browser.send(2, message()), browser.open(3))
    done = Run([record for exchange in story for record in pipeline.process(exchange)] + pipeline.close())
    assert not done.gap("internal-error")
    Backend(lacking, Path("a.db"), 1)


def test_what_is_missing_from_the_catalogue_is_a_gap_of_every_capture() -> None:
    lacking = replace(shipped_catalogue(), unread=("acme.toml: id: gone",))
    done = Run(Pipeline(1, lacking, Policy(), CaptureTraits()).close())
    assert done.gap("catalogue-file-unread") == ["acme.toml: id: gone"]
