"""The commands with what people know themselves: folders over the catalogue, and lists that are imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from addon.commands.shared import DEFAULT_NAME
from vendor_catalog import shipped_catalogue

from .catalogue_folders import own_folder
from .readers.samples import entry, write_har
from .test_cli import LEAK, folder, refused, run

__all__ = ["folder"]

STRANGERS = "https://collect.stranger.example/t"


def strangers_capture(folder: Path) -> Path:
    shop = "https://www.shop.example/"
    document = {"cookie": "a=1", "sec-fetch-dest": "document"}
    page = entry(shop, headers=document)
    call = entry(STRANGERS, headers={"referer": shop})
    return write_har(folder / "strangers.har", [page, entry(f"{shop}a.png", headers={"referer": shop}), call, page])


def test_a_folder_of_ones_own_is_judged_by(folder: Path) -> None:
    capture, own = strangers_capture(folder), own_folder(folder / "mine")
    assert run("check", capture).exit_code == 0
    found = run("check", capture, "--catalogue", own)
    assert found.exit_code == 1
    assert "Stranger Analytics" in found.stdout
    assert "Stranger Analytics" in run("analyze", capture, "--db", "a.db", "--catalogue", own).stdout


def test_a_folder_that_the_policy_names_is_judged_by_and_its_vendors_are_known_to_the_policy(folder: Path) -> None:
    capture = strangers_capture(folder)
    own_folder(folder / "mine")
    (folder / DEFAULT_NAME).write_text('[catalogue]\nfolders = ["mine"]\n')
    assert run("check", capture).exit_code == 1
    (folder / DEFAULT_NAME).write_text('[vendors.stranger]\ncategory = "necessary"\n')
    assert run("check", capture, "--catalogue", "mine").exit_code == 0
    assert "no vendor is called 'stranger'" in refused("check", capture)


def test_a_broken_file_of_a_folder_is_named_on_stderr_and_in_the_gaps_and_the_rest_is_used(folder: Path) -> None:
    capture, own = strangers_capture(folder), own_folder(folder / "mine", broken=True)
    found = run("check", capture, "--catalogue", own, "--format", "json")
    assert found.exit_code == 1
    assert "broken.toml: category: " in found.stderr
    assert "the file is left out" in found.stderr
    report = json.loads(found.stdout)
    assert "catalogue-file-unread" in json.dumps(report)


@pytest.mark.parametrize(
    "command",
    [
        ("analyze", LEAK, "--db", "a.db"),
        ("check", LEAK),
        ("decode", "1YNN"),
        ("catalog", "list"),
        ("catalog", "show", "segment"),
        ("catalog", "match", STRANGERS),
        ("catalog", "lint"),
        ("run", "--port", "18999"),
    ],
    ids=lambda command: " ".join(str(part) for part in command[:2]),
)
def test_what_is_no_folder_of_this_kind_is_refused_by_every_command(folder: Path, command: tuple[object, ...]) -> None:
    assert "does not exist" in refused(*command, "--catalogue", folder / "nowhere")
    (folder / "empty").mkdir()
    assert "holds neither vendors/ nor cmps/" in refused(*command, "--catalogue", folder / "empty")


def test_the_catalogue_commands_see_a_folder(folder: Path) -> None:
    own = own_folder(folder / "mine")
    assert "stranger" in run("catalog", "list", "--category", "analytics", "--catalogue", own).stdout
    assert "our own notes" in run("catalog", "show", "stranger", "--catalogue", own).stdout
    assert run("catalog", "match", STRANGERS, "--catalogue", own).stdout.startswith("stranger")
    assert run("catalog", "lint", "--catalogue", own).exit_code == 0
    own_folder(folder / "other", broken=True)
    linted = run("catalog", "lint", "--catalogue", folder / "other")
    assert linted.exit_code == 1
    assert "broken.toml: category: " in linted.stdout


def pages_with_strangers(folder: Path) -> Path:
    shop = "https://www.shop.example/"
    page = entry(shop, headers={"cookie": "a=1", "sec-fetch-dest": "document"})
    addresses = [
        "https://b.stranger.example/p?email=ada@shop.example",
        "https://a.stranger.example/x",
        "https://b.stranger.example/q",
        "https://static.shop.example/a.png",
        "https://www.facebook.com/tr/?id=1",
        "https://connect.facebook.net/shop/unknown.json",
        "https://connect.facebook.net/en_US/fbevents.js",
    ]
    calls = [entry(address, headers={"referer": shop}) for address in addresses]
    cached = entry("https://cached.stranger.example/x", headers={"referer": shop}, _fromCache="memory")
    return write_har(folder / "strangers.har", [page, *calls, cached])


def test_the_hosts_that_nobody_claims_are_listed_by_their_requests(folder: Path) -> None:
    found = run("catalog", "match", "--har", pages_with_strangers(folder), "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout) == {
        "hosts": {"contacted": 6, "unclaimed": 2, "partly_claimed": 1},
        "visited_sites": ["shop.example"],
        "unclaimed": [
            {"host": "b.stranger.example", "requests": 2, "example": "https://b.stranger.example/p"},
            {"host": "a.stranger.example", "requests": 1, "example": "https://a.stranger.example/x"},
        ],
        "partly_claimed": [
            {
                "host": "connect.facebook.net",
                "requests": 1,
                "example": "https://connect.facebook.net/shop/unknown.json",
                "claimed": {"meta-pixel": 1},
            }
        ],
        "unread": [],
        "requests_left_out": 0,
    }


def test_the_terminal_is_shown_the_same_hosts(folder: Path) -> None:
    lines = run("catalog", "match", "--har", pages_with_strangers(folder)).stdout.splitlines()
    assert lines[0] == "Hosts contacted: 6; claimed by nobody: 2; visited: shop.example."
    assert [line.split()[:2] for line in lines[3:5]] == [["2", "b.stranger.example"], ["1", "a.stranger.example"]]
    assert lines[-1].split() == [
        "1",
        "connect.facebook.net",
        "https://connect.facebook.net/shop/unknown.json",
        "meta-pixel",
    ]
    assert "ada@" not in "".join(lines)


def test_a_folder_of_ones_own_claims_its_hosts_and_a_flow_file_will_do(folder: Path) -> None:
    own = own_folder(folder / "mine")
    capture = strangers_capture(folder)
    assert "collect.stranger.example" in run("catalog", "match", "--har", capture).stdout
    assert "claimed by nobody: 0" in run("catalog", "match", "--har", capture, "--catalogue", own).stdout
    assert json.loads(run("catalog", "match", "--har", LEAK, "--json").stdout)["visited_sites"] == ["shop.example"]


def test_more_hosts_than_a_terminal_holds_are_counted_and_json_lists_them(folder: Path) -> None:
    entries = [entry(f"https://h{number}.stranger.example/") for number in range(130)]
    capture = write_har(folder / "many.har", [*entries, {"request": 1}])
    shown = run("catalog", "match", "--har", capture).stdout
    assert "... and 30 more, which --json lists." in shown
    assert "not read: " in shown
    assert len(json.loads(run("catalog", "match", "--har", capture, "--json").stdout)["unclaimed"]) == 130


def test_a_hosts_name_cannot_reach_the_terminal(folder: Path) -> None:
    capture = write_har(folder / "a.har", [entry("https://x.stranger.example/\x1b[31mred")])
    assert "\x1b" not in run("catalog", "match", "--har", capture).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "expected one of an address and --har FILE"),
        (("https://a.example/", "--har", "a.har"), "expected one of an address and --har FILE"),
        (("https://a.example/", "--json"), "--json goes with --har FILE"),
        (("--har", "nowhere.har"), "nowhere.har"),
    ],
)
def test_what_cannot_be_matched_is_refused(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("catalog", "match", *arguments)


def test_decode_knows_the_consent_manager_of_a_folder(folder: Path) -> None:
    (folder / "mine" / "cmps").mkdir(parents=True)
    (folder / "mine" / "cmps" / "house.toml").write_text(
        'id = "house"\nname = "House"\nwebsite = "w"\nabsence = "unanswered"\nstorage = "cookie"\nsources = ["s"]\n'
        '[categories]\nads = "marketing"\n[[cookies]]\nname = "house_choice"\ndeclared = { shape = "pairs" }\nsources = ["s"]\n'
    )
    assert run("decode", "house_choice=ads:yes", "--catalogue", "mine").exit_code == 0
    assert "house_choice" in refused("decode", "house_choice=ads:yes")


def test_the_catalogue_lists_vendors_or_consent_managers_alone() -> None:
    catalogue = shipped_catalogue()

    def listed(*arguments: object) -> set[str]:
        return {line.split()[0] for line in run("catalog", "list", *arguments).stdout.splitlines()[1:]}

    assert listed("--kind", "vendor") == set(catalogue.vendors)
    assert listed("--kind", "cmp") == set(catalogue.consent_managers)
    assert "no category" in refused("catalog", "list", "--kind", "cmp", "--category", "marketing")


def test_a_list_is_imported_and_then_judged_by(folder: Path) -> None:
    (folder / "export.csv").write_text(
        "Cookie Name,Host,Category\nnx_vid,www.shop.example,Targeting\nnx_x,shop.example,Odd\n"
    )
    done = run("catalog", "import", "export.csv", "--to", "mine")
    assert done.exit_code == 0
    assert "2 entries, read as a consent manager's list of cookies" in done.stdout
    assert "1 left out: category 'Odd'" in done.stdout
    visited = {"cookie": "nx_vid=1", "sec-fetch-dest": "document", "sec-fetch-site": "none"}
    page = entry("https://www.shop.example/", headers=visited)
    capture = write_har(folder / "a.har", [page, page])
    assert run("check", capture).exit_code == 3
    found = run("check", capture, "--catalogue", "mine")
    assert found.exit_code == 1
    assert "cookie-without-consent" in found.stdout


def test_a_list_that_cannot_be_imported_is_refused(folder: Path) -> None:
    (folder / "a.csv").write_text("hello\n")
    assert "no list that is known" in refused("catalog", "import", "a.csv")
    assert "cannot be read" in refused("catalog", "import", "nowhere.csv")
    assert "no column 'provider id'" in refused("catalog", "import", "a.csv", "--format", "google-providers")
    assert "Invalid value" in refused("catalog", "import", "a.csv", "--format", "nonsense")
    assert not (folder / "catalogue").exists()
