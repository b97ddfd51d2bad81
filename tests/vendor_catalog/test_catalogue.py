"""Reading the files: what does not hold is refused, by file, key and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from vendor_catalog import CatalogueError, read_catalogue
from vendor_catalog.lint import problems

from .entries import ACME, ASKME, folder


def refusal(path: Path) -> str:
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(path)
    return str(caught.value)


def test_every_file_in_both_folders_is_read(tmp_path: Path) -> None:
    other = ACME.replace('"acme"', '"other"').replace('["Acme"]', "[]")
    known = read_catalogue(folder(tmp_path, {"acme.toml": ACME, "other.toml": other}, {"askme.toml": ASKME}))
    assert list(known.vendors) == ["acme", "other"]
    assert list(known.consent_managers) == ["askme"]


def test_files_of_another_kind_are_left_alone(tmp_path: Path) -> None:
    known = read_catalogue(folder(tmp_path, {"acme.toml": ACME, "README.md": "x", "acme.toml.orig": "x"}))
    assert list(known.vendors) == ["acme"]


@pytest.mark.parametrize(
    ("before", "after", "key", "reason"),
    [
        ('name = "Acme"', 'name = "Acme"\ncolour = "red"', "colour", "Extra inputs are not permitted"),
        ('kind = "collect"', 'kind = "collect"\ncolour = "red"', "endpoints.0.colour", "Extra inputs"),
        ('kind = "collect"', 'kind = "spying"', "endpoints.0.kind", "'collect', 'library', 'config' or 'consent'"),
        ('"^/e$"', '"^/(e$"', "endpoints.0.path", "not a regular expression: missing ), unterminated subpattern"),
        ('"^/e$"', '"e{99999999999}"', "endpoints.0.path", "not a regular expression"),
        ('path = "^/e$"', 'path = "^/e$"\nquery = "["', "endpoints.0.query", "not a regular expression"),
        ('"t.acme.example"\npath', '"T.Acme.example"\npath', "endpoints.0.host", "in lower case"),
        ('"t.acme.example"\npath', '"https://t.acme.example"\npath', "endpoints.0.host", "expected 'host.example'"),
        ('"t.acme.example"\npath', '"acme"\npath', "endpoints.0.host", "expected 'host.example'"),
        ('"t.acme.example"\npath', '"a.*.example"\npath', "endpoints.0.host", "expected 'host.example'"),
        ('"t.acme.example"\npath', '"*"\npath', "endpoints.0", "host '*' goes with 'segment' or 'parameter'"),
        ('path = "^/e$"', 'path = "^/e$"\nsegment = "e"', "endpoints.0", "host '*' goes with 'segment' or 'parameter'"),
        ('"t.acme.example"\npath', '"*"\nsegment = ""\npath', "endpoints.0.segment", "at least 1 character"),
        ('"t.acme.example"\npath', '"*"\nsegment = "a/b"\npath', "endpoints.0.segment", "pattern"),
        ('"t.acme.example"\npath', '"*"\nparameter = "id"\npath', "endpoints.0", "'parameter' needs a 'query'"),
        (
            'path = "^/e$"',
            'path = "^/e$"\nparameter = "e"',
            "endpoints.0",
            "host '*' goes with 'segment' or 'parameter'",
        ),
        ('path = "^/e$"', 'path = "^/e$"\nmethods = []', "endpoints.0.methods", "at least 1 item"),
        ('path = "^/e$"', 'path = "^/e$"\nmethods = ["OPTIONS"]', "endpoints.0.methods.0", "'GET', 'POST'"),
        ('matches = ["https://t.acme.example/e"]', "matches = []", "endpoints.0.matches", "at least 1 item"),
        ('rejects = ["https://t.acme.example/x"]', "", "endpoints.0.rejects", "Field required"),
        ('sources = ["acme docs"]\n\n', "\n", "sources", "Field required"),
        ('category_reason = "It counts."', 'category_reason = "  "', "category_reason", "at least 1 character"),
        ('category = "analytics"', 'category = "spying"', "category", "'necessary', 'functional', 'analytics'"),
        ('id = "acme"', 'id = "Acme"', "id", "pattern"),
        ('path = "^/e$"', 'path = "^/e$"\nregions = ["EU"]', "endpoints.0.regions.0", "pattern"),
        ('name = "Acme"', 'name = "Acme"\nmodes = ["web"]', "modes.0", "'device', 'cloud' or 'actions'"),
        ('name = "Acme"', 'name = "Acme"\nwarehouse = "perhaps"', "warehouse", "valid boolean"),
        ('id = "acme"', "", "id", "Field required"),
        (ACME, "", "id", "Field required"),
    ],
)
def test_a_fault_is_told_by_file_key_and_reason(tmp_path: Path, before: str, after: str, key: str, reason: str) -> None:
    assert before in ACME
    said = refusal(folder(tmp_path, {"acme.toml": ACME.replace(before, after, 1)}))
    assert said.startswith(f"acme.toml: {key}: ")
    assert reason in said


@pytest.mark.parametrize(
    ("before", "after", "key", "reason"),
    [
        ("stats", "Stats", "categories", "write 'stats' for 'Stats'"),
        ('name = "askme"', 'name = "askme"\nprefix = "ask"', "cookies.0", "exactly one of 'name' and 'prefix'"),
        ('name = "askme"', "", "cookies.0", "exactly one of 'name' and 'prefix'"),
        (
            'format = "klaro"',
            "",
            "cookies.0",
            "Value error, expected exactly one of 'format', 'declared' and 'unreadable'",
        ),
        ('"unanswered"', '"perhaps"', "absence", "'unanswered' or 'unknown'"),
        ('"cookie"', '"memory"', "storage", "'cookie'"),
        (
            "[[cookies]]",
            '[[recording]]\nhost = "a.example"\npath = "("\nformat = "klaro"\nsources = ["d"]\n'
            'matches = ["https://a.example/"]\nrejects = ["https://b.example/"]\n[[cookies]]',
            "recording.0.path",
            "not a regular expression",
        ),
    ],
)
def test_a_fault_of_a_consent_manager_is_told_as_well(
    tmp_path: Path, before: str, after: str, key: str, reason: str
) -> None:
    assert before in ASKME
    said = refusal(folder(tmp_path, {}, {"askme.toml": ASKME.replace(before, after, 1)}))
    assert said.startswith(f"askme.toml: {key}: ")
    assert reason in said


COOKIE = '\n[[cookies]]\nparty = "{party}"\npurpose = "Knows you."\nsources = ["docs"]\n{rest}\n'


@pytest.mark.parametrize(
    ("party", "rest", "reason"),
    [
        ("first", "", "exactly one of 'name' and 'prefix'"),
        ("first", 'name = "a"\nprefix = "b"', "exactly one of 'name' and 'prefix'"),
        ("third", 'name = "a"', "'domain' goes with party 'third'"),
        ("first", 'name = "a"\ndomain = "acme.example"', "'domain' goes with party 'third'"),
    ],
)
def test_a_cookie_is_named_once_and_placed(tmp_path: Path, party: str, rest: str, reason: str) -> None:
    said = refusal(folder(tmp_path, {"acme.toml": ACME + COOKIE.format(party=party, rest=rest)}))
    assert said.startswith("acme.toml: cookies.0: ")
    assert reason in said


@pytest.mark.parametrize("text", ["id = ", "[[", 'id = "a"\nid = "b"', "\x00"])
def test_what_is_no_toml_is_told_by_file_and_place(tmp_path: Path, text: str) -> None:
    said = refusal(folder(tmp_path, {"acme.toml": text}))
    assert said.startswith("acme.toml: not a TOML file: ")


def test_bytes_that_are_no_text_are_told_by_file(tmp_path: Path) -> None:
    at = folder(tmp_path, {})
    (at / "vendors" / "acme.toml").write_bytes(b'id = "caf\xe9"')
    assert refusal(at).startswith("acme.toml: not a TOML file: ")


def test_a_file_is_named_as_its_id(tmp_path: Path) -> None:
    said = refusal(folder(tmp_path, {"acme-inc.toml": ACME}))
    assert said == "acme-inc.toml: id: the file of 'acme' is named acme.toml"


def test_an_id_stands_for_a_vendor_or_a_consent_manager(tmp_path: Path) -> None:
    at = folder(tmp_path, {"acme.toml": ACME}, {"acme.toml": ASKME.replace('"askme"\nname', '"acme"\nname')})
    known = read_catalogue(at)
    assert known.unread == ("acme.toml: id: stands below both vendors/ and cmps/",)
    assert (list(known.vendors), list(known.consent_managers)) == (["acme"], [])


def test_two_files_cannot_claim_one_segment_key(tmp_path: Path) -> None:
    known = read_catalogue(folder(tmp_path, {"acme.toml": ACME, "zeta.toml": ACME.replace('"acme"', '"zeta"')}))
    assert known.unread == ("zeta.toml: segment_keys: 'Acme' stands in acme.toml too",)
    assert list(known.vendors) == ["acme"]


def test_a_broken_file_costs_itself_alone(tmp_path: Path) -> None:
    broken = ACME.replace('"acme"', '"bad"').replace('"analytics"', '"spying"')
    known = read_catalogue(folder(tmp_path, {"acme.toml": ACME, "bad.toml": broken}, {"askme.toml": ASKME}))
    assert list(known.vendors) == ["acme"]
    assert list(known.consent_managers) == ["askme"]
    (reason,) = known.unread
    assert reason.startswith("bad.toml: category: ")
    assert reason in problems(known), "lint tells of it"


def test_a_folder_that_holds_nothing_is_refused(tmp_path: Path) -> None:
    assert "holds no entry" in refusal(folder(tmp_path, {}))
    assert "holds no entry" in refusal(tmp_path / "nowhere")


def test_one_file_may_name_a_segment_key_twice(tmp_path: Path) -> None:
    known = read_catalogue(folder(tmp_path, {"acme.toml": ACME.replace('["Acme"]', '["Acme", "Acme"]')}))
    assert known.vendor_of_segment_key("Acme") is known.vendors["acme"]
