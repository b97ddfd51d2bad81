"""What ids are called: by what is stored, and by the catalogue only where nothing is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from addon.findings.names import Names, read_names
from addon.records import NameRecord
from addon.store import Database
from tests.addon.store.rows_made import row_maker
from vendor_catalog import Category


def stored(path: Path, *records: NameRecord) -> Names:
    database = Database(path)
    database.write(list(records), row_maker())
    database.close()
    with closing(sqlite3.connect(path)) as connection:
        return read_names(connection)


def test_a_stored_name_goes_before_the_catalogues(tmp_path: Path) -> None:
    names = stored(
        tmp_path / "a.db",
        NameRecord(kind="vendor", id="meta-pixel", name="Our pixel (old)"),
        NameRecord(kind="consent-manager", id="house", name="House banner"),
    )
    assert (names.of("meta-pixel"), names.short("meta-pixel")) == ("Our pixel (old)", "Our pixel")
    assert names.source("house") == "House banner"
    assert names.of("segment") == "Twilio Segment", "of which no row has a name"
    assert names.of("nobody") == "nobody"
    assert names.receiver(None) == "No single receiver"
    assert names.receiver("meta-pixel", "Facebook Pixel") == "Facebook Pixel"
    assert names.source(None) == "nothing seen"
    assert names.source("message-stamp") == "the messages' own stamps"


def test_who_is_vendor_and_manager_both_has_a_name_as_each(tmp_path: Path) -> None:
    names = stored(
        tmp_path / "a.db",
        NameRecord(kind="vendor", id="both", name="Both Analytics"),
        NameRecord(kind="consent-manager", id="both", name="Both Banner"),
    )
    assert (names.of("both"), names.source("both")) == ("Both Analytics", "Both Banner")


def test_a_category_means_what_it_was_judged_as(tmp_path: Path) -> None:
    names = stored(
        tmp_path / "a.db",
        NameRecord(kind="category", id="C0002", name="marketing"),
        NameRecord(kind="category", id="C0004", name=""),
    )
    assert names.category("C0002") is Category.MARKETING
    assert names.category("C0004") is None, "the policy or two managers left it open, whatever the catalogue says"
    assert names.category("C0003") is Category.FUNCTIONAL, "of which no row says anything"
