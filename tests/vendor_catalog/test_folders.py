"""Folders of the user's own over a catalogue: what is added, what is refused, and that the rest is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from vendor_catalog import Catalogue, CatalogueError, Category, ConsentManager, with_folders
from vendor_catalog.lint import problems

from .entries import ACME, ASKME, catalogue, cookie, endpoint, folder, manager, vendor

BASE = catalogue(
    vendor("known", tcf_vendor_id=7, segment_keys=["Known"], cookies=[cookie(name="_known"), cookie(prefix="kn_", name=None)],
           endpoints=[endpoint("t.known.example", matches=["https://t.known.example/e"], rejects=["https://t.known.example/x"])]),
    vendor("other"),
    managers=(manager("askus", cookies=[{"name": "answer", "format": "klaro", "sources": ["docs"]}], categories={"ads": "marketing"}),),
)  # fmt: skip
ADDS = 'id = "known"\nsources = ["mine"]\n'


def over(at: Path, vendors: dict[str, str], cmps: dict[str, str] | None = None, refuse: str | None = None) -> Catalogue:
    def check(_: ConsentManager) -> str | None:
        return refuse

    return with_folders(BASE, [folder(at, vendors, cmps)], check)


def cookie_text(name: str, party: str = 'party = "first"', more: str = "") -> str:
    return f'[[cookies]]\nname = "{name}"\n{party}\npurpose = "p"\nsources = ["mine"]\n{more}'


def test_new_vendors_and_consent_managers_are_added(tmp_path: Path) -> None:
    known = over(tmp_path, {"acme.toml": ACME}, {"askme.toml": ASKME})
    assert known.unread == ()
    assert list(known.vendors) == ["known", "other", "acme"]
    assert list(known.consent_managers) == ["askus", "askme"]
    found = known.match("GET", "t.acme.example", "/e")
    assert found is not None and found.vendor == "acme"
    assert BASE.match("GET", "t.acme.example", "/e") is None, "the catalogue underneath is untouched"


def test_a_known_vendor_gets_what_a_file_adds_and_keeps_what_it_had(tmp_path: Path) -> None:
    text = f'{ADDS}google_provider_id = 89\nsegment_keys = ["Known Pro"]\n{cookie_text("_more")}'
    known = over(tmp_path, {"known.toml": text})
    assert known.unread == ()
    entry = known.vendors["known"]
    assert (entry.google_provider_id, entry.tcf_vendor_id, entry.name) == (89, 7, "Known")
    assert [each.name for each in entry.cookies] == ["_known", None, "_more"]
    assert entry.sources == ["acme docs", "mine"]
    found = known.vendor_of_segment_key("Known Pro")
    assert found is not None and found.id == "known"
    owner = known.cookie_owner("_more", "shop.example", first_party=True)
    assert owner is not None and owner[0].id == "known"


def test_saying_again_what_is_known_is_no_conflict(tmp_path: Path) -> None:
    known = over(tmp_path, {"known.toml": f'{ADDS}tcf_vendor_id = 7\ncategory = "analytics"\n{cookie_text("_known")}'})
    assert known.unread == ()
    assert len(known.vendors["known"].cookies) == 2


@pytest.mark.parametrize(
    ("file", "text", "key", "reason"),
    [
        ("known", f"{ADDS}tcf_vendor_id = 8\n", "tcf_vendor_id", "the catalogue has 7, and this file 8"),
        ("known", f'{ADDS}category = "marketing"\n', "category", "the catalogue has analytics, and this file marketing"),
        ("known", f'{ADDS}{cookie_text("_known", more="category = 'marketing'")}', "cookies.0", "_known with the category"),
        ("known", f'{ADDS}colour = "red"\n', "colour", "Extra inputs"),
        ("known", 'id = "known"\ntcf_vendor_id = 7\n', "sources", "Field required"),
        ("other", f'id = "other"\nsources = ["mine"]\n{cookie_text("_known")}', "cookies.0", "_known is known's already"),
        ("other", f'id = "other"\nsources = ["mine"]\n{cookie_text("kn_1")}', "cookies.0", "kn_1 is known's already"),
        ("other", f'id = "other"\nsources = ["mine"]\n{cookie_text("answer")}', "cookies.0", "answer is askus's already"),
        ("other", 'id = "other"\nsources = ["mine"]\nsegment_keys = ["Known"]\n', "segment_keys", "'Known' is known's"),
        ("bad", f"{ADDS}", "id", "the file of 'known' is named known.toml"),
        ("known-2", ACME.replace('"acme"', '"known-2"').replace('"Acme"\n', '"KNOWN"\n'), "name", "stands for known already"),
        ("askus", ACME.replace('"acme"', '"askus"'), "id", "a consent manager's already"),
        ("known", "id = [", "not a TOML file", ""),
        ("known", "id = 5\n", "id", "valid string"),
    ],
)  # fmt: skip
def test_what_contradicts_the_catalogue_is_refused_by_file_key_and_reason_and_the_rest_is_used(
    tmp_path: Path, file: str, text: str, key: str, reason: str
) -> None:
    known = over(tmp_path, {f"{file}.toml": text, "acme.toml": ACME.replace('["Acme"]', "[]")})
    (problem,) = known.unread
    assert problem.startswith(f"{tmp_path}/vendors/{file}.toml: {key}")
    assert reason in problem
    assert "acme" in known.vendors
    assert known.vendors["known"] == BASE.vendors["known"]
    assert problem in problems(known)


def test_a_consent_manager_is_added_to_and_not_contradicted(tmp_path: Path) -> None:
    adds = 'id = "askus"\nsources = ["mine"]\n[categories]\nstats = "analytics"\n'
    known = over(tmp_path, {}, {"askus.toml": adds})
    assert known.consent_managers["askus"].categories == {"ads": Category.MARKETING, "stats": Category.ANALYTICS}
    (tmp_path / "b").mkdir()
    contradicts = adds.replace("stats", "ads")
    (problem,) = over(tmp_path / "b", {}, {"askus.toml": contradicts}).unread
    assert "askus.toml: categories.ads: the catalogue has marketing, and this file analytics" in problem


def test_a_consent_manager_that_the_engine_cannot_use_is_left_out(tmp_path: Path) -> None:
    known = over(tmp_path, {}, {"askme.toml": ASKME}, refuse="cookies.0.format: nothing reads it")
    assert known.unread == (f"{tmp_path}/cmps/askme.toml: cookies.0.format: nothing reads it",)
    assert "askme" not in known.consent_managers


def test_folders_lie_over_each_other_in_their_order(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first = folder(tmp_path / "one", {"acme.toml": ACME})
    second = folder(tmp_path / "two", {"acme.toml": 'id = "acme"\nsources = ["mine"]\ntcf_vendor_id = 9\n'})
    known = with_folders(BASE, [first, second], lambda _: None)
    assert known.unread == ()
    assert known.vendors["acme"].tcf_vendor_id == 9


@pytest.mark.parametrize(("made", "reason"), [(None, "no such folder"), ("x", "neither vendors/ nor cmps/")])
def test_what_is_no_catalogue_folder_is_refused(tmp_path: Path, made: str | None, reason: str) -> None:
    at = tmp_path / "mine"
    if made is not None:
        (at / made).mkdir(parents=True)
    with pytest.raises(CatalogueError, match=reason):
        with_folders(BASE, [at], lambda _: None)


@pytest.mark.parametrize(("key", "text"), [("absence", "unanswered"), ("storage", "local-storage")])
def test_what_the_catalogue_does_not_know_of_a_consent_manager_a_file_may_say(
    tmp_path: Path, key: str, text: str
) -> None:
    base = catalogue(managers=(manager("askus", absence="unknown", storage="cookie-or-local-storage"),))
    own = folder(tmp_path, {}, {"askus.toml": f'id = "askus"\nsources = ["mine"]\n{key} = "{text}"\n'})
    known = with_folders(base, [own], lambda _: None)
    assert known.unread == ()
    assert getattr(known.consent_managers["askus"], key) == text


def test_what_the_catalogue_knows_of_a_consent_manager_a_file_may_not_take_back(tmp_path: Path) -> None:
    known = over(tmp_path, {}, {"askus.toml": 'id = "askus"\nsources = ["mine"]\nabsence = "unknown"\n'})
    assert "absence: the catalogue has unanswered, and this file unknown" in known.unread[0]
