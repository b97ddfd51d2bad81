"""The commands: what goes to stdout and stderr, and with which exit code they end."""

from __future__ import annotations

import json
import runpy
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addon import __version__
from addon.cli import main, run_main
from addon.commands import display
from addon.commands.shared import DEFAULT_NAME
from addon.store import Database
from vendor_catalog import shipped_catalogue

from .findings.traffic import asset, page
from .readers.samples import CAPTURES, entry, flow, shop, track, write_flows, write_har
from .store.rows_made import query, row_maker, small, violation

LEAK = CAPTURES / "leak-before-choice.mitm"
CLEAN = CAPTURES / "gate-that-works.mitm"
UNDATED = CAPTURES / "accept-undated.mitm"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in a folder of their own, in a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*arguments: object, input: bytes | str | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def refused(*arguments: object) -> str:
    """What a command says when it cannot use what it was given."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    return result.stderr


def database(path: Path, **changes: object) -> Path:
    made = Database(path)
    records = small(1)
    made.write([*records[:-2], violation(1, **changes)], row_maker())
    made.close()
    return path


# --- every command


def commands(group: click.Group = main, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*prefix, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*prefix, name))


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_has_help_and_every_option_is_explained(command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
    found: click.Command = main
    for name in command:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    assert found.help
    for parameter in found.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.opts


def test_the_commands_of_the_design_are_there() -> None:
    promised = {"demo", "run", "analyze", "check", "serve", "decode", "catalog", "rules", "addon-path"}
    assert promised <= set(main.commands)


def test_the_version_is_told() -> None:
    assert run("--version").stdout.strip().endswith(__version__)


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("check",), ("analyze", LEAK), ("check", LEAK, "--fail-on", "fatal")]
)
def test_wrong_usage_ends_with_2(arguments: tuple[object, ...]) -> None:
    assert "Error" in refused(*arguments)


# --- check


@pytest.mark.parametrize(("severity", "level"), [("error", 0), ("warning", 1), ("note", 2)])
@pytest.mark.parametrize(("fail_on", "mildest"), [("error", 0), ("warning", 1), ("note", 2)])
def test_check_fails_at_the_level_asked_for(
    folder: Path, severity: str, level: int, fail_on: str, mildest: int
) -> None:
    path = database(folder / "a.db", severity=severity)
    assert run("check", path, "--fail-on", fail_on).exit_code == (1 if level <= mildest else 0)


@pytest.mark.parametrize("verdict", ["confirmed", "likely", "unproven", "cleared"])
@pytest.mark.parametrize("allowed", [False, True])
def test_check_fails_on_what_is_unproven_unless_it_is_allowed(folder: Path, verdict: str, allowed: bool) -> None:
    path = database(folder / "a.db", verdict=verdict)
    result = run("check", path, *(["--allow-unproven"] if allowed else []))
    passes = verdict == "cleared" or (verdict == "unproven" and allowed)
    assert result.exit_code == (0 if passes else 1)
    assert (verdict in result.stdout) is (verdict != "cleared"), "what is allowed is still listed"


def test_check_does_not_fail_on_what_is_suppressed(folder: Path) -> None:
    result = run("check", database(folder / "a.db", suppressed="reviewed"), "--fail-on", "note")
    assert result.exit_code == 0
    assert "1 more suppressed by the policy." in result.stdout


@pytest.mark.parametrize(
    ("capture", "code"), [(LEAK, 1), (CLEAN, 0), (UNDATED, 1)], ids=lambda it: getattr(it, "stem", it)
)
def test_check_judges_captures(capture: Path, code: int) -> None:
    assert run("check", capture).exit_code == code


def test_check_judges_several_captures_together(folder: Path) -> None:
    write_har(folder / "a.har", [entry("https://shop.example/", headers={"cookie": "a=1"})])
    result = run("check", CLEAN, LEAK, folder / "a.har", "--format", "json")
    assert result.exit_code == 1
    assert [capture["kind"] for capture in json.loads(result.stdout)["captures"]] == ["flows", "flows", "har"]


def test_check_passes_nothing_if_a_capture_cannot_be_read(folder: Path) -> None:
    (folder / "text.har").write_text("text")
    output = refused("check", CLEAN, folder / "text.har", folder / "nothing.har")
    assert "text.har: no capture" in output
    assert "nothing.har: cannot be read: No such file" in output
    assert "2 of 3 inputs could not be read, so nothing is passed" in output


def test_check_passes_nothing_of_which_nothing_could_be_judged(folder: Path) -> None:
    write_har(folder / "a.har", [page()])
    result = run("check", folder / "a.har")
    assert result.exit_code == 3
    assert "Seen: 1 exchange. Judged: 0. Unread: none. Not judged: none. Lost: none." in result.stdout
    output = " ".join(result.stdout.split())
    assert "Nothing was proven: a.har: 1 exchange was seen, and nothing in it could be read and judged" in output
    assert "What to do: Record until the page has loaded" in output
    document = json.loads(run("check", folder / "a.har", "--format", "json").stdout)
    assert document["visibility"]["shortfalls"][0]["kind"] == "empty"
    allowed = run("check", folder / "a.har", "--allow-empty")
    assert allowed.exit_code == 0
    assert "Nothing was proven" in allowed.stdout, "what is allowed is still said"


def test_check_passes_a_page_that_calls_nobody(folder: Path) -> None:
    write_har(folder / "a.har", [page(), asset(), asset("https://cdn.stranger.example/a.js")])
    result = run("check", folder / "a.har")
    assert result.exit_code == 0
    assert "No violation: 1 page opened, and nothing that takes consent among " in result.stdout
    assert "Hosts: 2 contacted, 1 named, 1 unknown: cdn.stranger.example (1)." in result.stdout


def test_check_passes_no_capture_beside_one_that_proves_nothing(folder: Path) -> None:
    write_har(folder / "a.har", [page()])
    result = run("check", CLEAN, folder / "a.har")
    assert result.exit_code == 3
    assert "No violation among" in result.stdout
    assert "Nothing was proven: a.har: " in result.stdout


def test_check_passes_nothing_of_which_a_part_was_lost(folder: Path) -> None:
    damaged = folder / "cut.mitm"
    damaged.write_bytes(CLEAN.read_bytes()[:-100])
    for allowed in ([], ["--allow-empty", "--allow-unproven"]):
        result = run("check", damaged, *allowed)
        assert result.exit_code == 3
        assert "Lost: nobody knows how much (truncated-capture)." in result.stdout
        assert "This is no pass: cut.mitm: a part of it was lost" in result.stdout
    damaged.write_bytes(LEAK.read_bytes()[:-100])
    assert run("check", damaged).exit_code == 1, "what was found weighs more"


@pytest.mark.parametrize("command", [["check"], ["analyze", "--db", "a.db"]], ids=["check", "analyze"])
def test_every_summary_says_how_much_was_seen(folder: Path, command: list[str]) -> None:
    output = run(*command, CLEAN).stdout
    assert "Seen: 25 exchanges. Judged: 6. Unread: none. Not judged: none. Lost: none." in output
    assert "Hosts: 3 contacted, 3 named, 0 unknown." in output


def test_check_takes_one_database_alone(folder: Path) -> None:
    path = database(folder / "a.db")
    assert "a database is checked alone" in refused("check", path, LEAK)
    (folder / "text.db").write_bytes(b"SQLite format 3\0" + b"x" * 200)
    assert "text.db" in refused("check", folder / "text.db")


def test_check_says_that_a_database_keeps_its_verdicts(folder: Path) -> None:
    path = database(folder / "a.db")
    assert "policy" not in run("check", path).stderr
    (folder / DEFAULT_NAME).touch()
    assert "the policy is not applied to it" in run("check", path).stderr


def test_check_keeps_data_and_messages_apart(folder: Path) -> None:
    damaged = folder / "cut.mitm"
    damaged.write_bytes(LEAK.read_bytes()[:-100])
    (folder / DEFAULT_NAME).touch()
    result = run("check", damaged, "--format", "json")
    document = json.loads(result.stdout)
    assert [gap for gap in document["gaps"] if gap["kind"] == "truncated-capture"]
    assert f"Using {DEFAULT_NAME} in this folder." in result.stderr
    assert "cut.mitm: the flow at byte" in result.stderr


@pytest.mark.parametrize("form", ["text", "json"])
def test_check_writes_its_report_to_a_file(folder: Path, form: str) -> None:
    direct = run("check", LEAK, "--format", form)
    result = run("check", LEAK, "--format", form, "-o", folder / "report")
    assert (result.exit_code, result.stdout) == (1, "")
    written = (folder / "report").read_text()
    assert "event-without-consent" in written
    assert written.endswith("\n")
    if form == "json":
        assert json.loads(written) == json.loads(direct.stdout)


def test_check_says_where_it_cannot_write(folder: Path) -> None:
    output = refused("check", CLEAN, "-o", folder / "nowhere" / "report.txt")
    assert "nowhere/report.txt: the report cannot be written there: No such file or directory" in output.replace(
        "\n", ""
    )


# --- analyze


def test_analyze_writes_a_database_and_says_what_to_do_with_it(folder: Path) -> None:
    result = run("analyze", LEAK, "--db", folder / "a [b].db")
    assert result.exit_code == 0
    assert result.stderr.strip() == ""
    assert "12 findings (12 confirmed)" in result.stdout
    assert f"Browse it: consentwire serve '{folder / 'a [b].db'}'" in result.stdout
    assert run("check", folder / "a [b].db").exit_code == 1


def test_analyze_ends_with_2_if_anything_could_not_be_read(folder: Path) -> None:
    result = run("analyze", folder / "[nothing].har", CLEAN, "--db", folder / "a.db")
    assert result.exit_code == 2
    assert "[nothing].har: cannot be read" in result.stderr
    assert "No violation among" in result.stdout, "the other one is analysed"


def test_analyze_reports_nothing_if_nothing_could_be_read(folder: Path) -> None:
    assert "cannot be read" in refused("analyze", folder / "nothing.har", "--db", folder / "a.db")


def unreadable(folder: Path) -> dict[str, bytes]:
    """Inputs of which nothing can be read, each of another kind."""
    write_flows(folder / "made.mitm", [flow("https://shop.example/", method="CONNECT")])
    tunnel = (folder / "made.mitm").read_bytes()
    (folder / "made.mitm").unlink()
    return {
        "empty.har": b"",
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "settings.json": b'{"a": 1}',
        "no-entries.har": b'{"log": {"entries": []}}',
        "broken-entries.har": b'{"log": {"entries": [1, null, {"request": 5}]}}',
        "deep.har": b'{"log": {"entries": [' + b"[" * 30_000,
        "cut.har": b'{"log": {"version": "1.2", "crea',
        "tunnel.mitm": tunnel,
        "cut.mitm": tunnel[:300],
        "junk.mitm": b"12:3:abc;" + bytes(300),
    }


@pytest.mark.parametrize("jobs", [1, 3])
def test_what_cannot_be_read_leaves_no_database_behind(folder: Path, jobs: int) -> None:
    inputs = unreadable(folder)
    for name, content in inputs.items():
        (folder / name).write_bytes(content)
        before = sorted(folder.iterdir())
        output = refused("analyze", folder / name, "--db", folder / "a.db", "--jobs", jobs)
        assert output.count("consentwire: ") == 1 and f"{name}: " in output
        assert sorted(folder.iterdir()) == before, name
    output = refused("analyze", *(folder / name for name in inputs), "--db", folder / "a.db", "--jobs", jobs)
    assert output.count("consentwire: ") == len(inputs)
    assert not (folder / "a.db").exists()


def test_what_cannot_be_read_leaves_a_database_as_it_was(folder: Path) -> None:
    assert run("analyze", LEAK, "--db", folder / "a.db").exit_code == 0
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("a.db*")}
    for name, content in unreadable(folder).items():
        (folder / name).write_bytes(content)
        refused("analyze", folder / name, "--db", folder / "a.db")
        assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("a.db*")} == before


_PIECES = [
    b'{"log":', b'{"entries":[', b'"creator":{"name":"x"},', b'{"request":{"method":"GET","url":"https://a.example/"},',
    b'"startedDateTime":"2026-01-01T00:00:00Z"}', b"]", b"}", b"[", b"{", b",", b'"', b"9" * 5000, b"12:", b"9:4:type;", b"4:http;",
    b"7:version;", b"2:21#", b"}" * 30, b"0:~", b"\xff", b"SQLite format 3\x00",
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(st.sampled_from(_PIECES) | st.binary(max_size=20), max_size=12).map(b"".join))
def test_any_bytes_are_analysed_or_refused_in_one_sentence(folder: Path, content: bytes) -> None:
    (folder / "a.har").write_bytes(content)
    result = run("analyze", folder / "a.har", "--db", folder / "a.db")
    if result.exit_code == 0:
        assert query(folder / "a.db", "SELECT count(*) FROM exchanges") != [(0,)]
        for made in folder.glob("a.db*"):
            made.unlink()
        return
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("consentwire: ") == 1 and len(result.stderr.splitlines()) == 1
    assert not list(folder.glob("a.db*"))


def test_analyze_says_what_of_a_damaged_capture_is_missing(folder: Path) -> None:
    write_har(folder / "a.har", [*[None] * 30, entry("https://shop.example/", headers={"cookie": "a=1"})])
    result = run("analyze", folder / "a.har", "--db", folder / "a.db")
    assert result.exit_code == 0
    lines = [line for line in result.stderr.splitlines() if line.startswith("a.har: ")]
    assert len(lines) == 21
    assert lines[-1] == "a.har: 10 more parts could not be read; see the table gaps"


def test_analyze_refuses_a_database_that_is_not_ours(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    assert "not a SQLite database; name another file with --db" in refused(
        "analyze", LEAK, "--db", folder / "notes.txt"
    )
    assert (folder / "notes.txt").read_text() == "mine"
    shutil.copy(LEAK, folder / "mine.mitm")
    assert "not a SQLite database" in refused("analyze", folder / "mine.mitm", "--db", folder / "mine.mitm")
    assert "check that the folder exists" in refused("analyze", LEAK, "--db", folder / "nowhere" / "a.db")


@pytest.mark.parametrize(
    "command",
    [
        ("check", "old.db"),
        ("check", "old.db", "--format", "json"),
        ("serve", "old.db", "--no-open"),
        ("analyze", LEAK, "--db", "old.db"),
        ("run", "--db", "old.db", "--browser", "none", "--no-datasette"),
    ],
    ids=lambda command: command[0],
)
def test_a_database_of_an_earlier_version_is_recognised_and_left_alone(
    folder: Path, command: tuple[object, ...]
) -> None:
    Database(folder / "old.db").close()
    with closing(sqlite3.connect(folder / "old.db")) as connection:
        for table in ("consent_states", "names"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 3")
        connection.commit()
    before = (folder / "old.db").read_bytes()
    said = refused(*command)
    assert said.startswith("consentwire: old.db: made by an earlier version of consentwire (its schema is 3,")
    assert "analyze the capture again into a new file" in said
    assert (folder / "old.db").read_bytes() == before


def test_what_a_capture_says_does_not_reach_the_terminal(folder: Path) -> None:
    flows = shop()
    hostile = "\x1b[2J[red]x[/nothing]\x07"
    flows[2].request.content = json.dumps(track(event=hostile)).encode()
    write_flows(folder / "a.mitm", [*flows, flow("https://www.facebook.com/tr/?id=1", headers=[(b"referer", b"x")])])
    result = run("check", folder / "a.mitm", "--fail-on", "note")
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert "[red]x[/nothing]" in result.stdout


# --- policy


def test_a_policy_in_the_folder_is_picked_up_and_said(folder: Path) -> None:
    (folder / DEFAULT_NAME).write_text('[scope]\ninclude = ["nowhere.example"]\n')
    result = run("check", LEAK)
    assert result.exit_code == 3
    assert f"Using {DEFAULT_NAME} in this folder." in result.stderr
    assert "Nothing to judge" in result.stdout
    assert "out-of-scope" in result.stdout


def test_a_named_policy_wins_over_the_one_in_the_folder(folder: Path) -> None:
    (folder / DEFAULT_NAME).write_text("not toml [")
    (folder / "team.toml").touch()
    result = run("check", LEAK, "--policy", folder / "team.toml")
    assert result.exit_code == 1
    assert DEFAULT_NAME not in result.stderr


@pytest.mark.parametrize(
    "command", [["check", LEAK], ["analyze", LEAK, "--db", "a.db"], ["run", "--no-datasette"]], ids=lambda it: it[0]
)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[policy]\nregime = 'opt-maybe'\n", "policy.regime: expected 'opt-in' or 'opt-out'"),
        ("[polcy]\n", "polcy: unknown key (did you mean 'policy'?)"),
        ("[policy\n", "not TOML"),
    ],
)
def test_a_policy_error_is_one_clear_message(folder: Path, command: list[object], text: str, expected: str) -> None:
    (folder / "bad [1].toml").write_text(text)
    said = refused(*command, "--policy", "bad [1].toml")
    assert said.startswith("consentwire: bad [1].toml: ")
    assert expected in said
    assert not (folder / "a.db").exists()


def test_a_missing_policy_is_said(folder: Path) -> None:
    assert "none.toml: cannot be read: No such file" in refused("check", LEAK, "--policy", folder / "none.toml")


# --- catalogue and rules


def test_the_catalogue_lists_everything_or_one_category() -> None:
    catalogue = shipped_catalogue()
    everything = run("catalog", "list").stdout
    assert all(identifier in everything for identifier in (*catalogue.vendors, *catalogue.consent_managers))
    marketing = {line.split()[0] for line in run("catalog", "list", "--category", "marketing").stdout.splitlines()[1:]}
    assert marketing == {vendor.id for vendor in catalogue.vendors.values() if vendor.category == "marketing"}


@pytest.mark.parametrize("identifier", ["segment", "meta-pixel", "onetrust"])
def test_the_catalogue_shows_one(identifier: str) -> None:
    result = run("catalog", "show", identifier)
    assert result.exit_code == 0
    assert identifier in result.stdout
    assert "sources" in result.stdout


def test_the_catalogue_tells_how_segment_reaches_a_vendor_where_it_is_and_what_it_stores() -> None:
    segment = " ".join(run("catalog", "show", "segment").stdout.split())
    assert "Segment.io" in segment
    assert "(device, cloud, actions)" in segment
    assert "[eu]" in segment
    assert "A store that others read" not in segment
    assert "A store that others read" in run("catalog", "show", "snowflake").stdout


@pytest.mark.parametrize(
    "arguments",
    [("catalog", "show", "[/x]"), ("rules", "[/x]"), ("catalog", "match", "[/x]"), ("catalog", "match", "http://[")],
)
def test_what_is_unknown_is_told_as_it_was_given(arguments: tuple[str, ...]) -> None:
    assert arguments[-1] in refused(*arguments)


def test_the_catalogue_says_whose_an_address_is() -> None:
    result = run("catalog", "match", "https://www.facebook.com/tr/?id=1&ev=PageView")
    assert result.exit_code == 0
    assert result.stdout.startswith("meta-pixel  collect")
    nobody = run("catalog", "match", "https://example.org/")
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert run("catalog", "match", "https://api.segment.io/v1/t", "--method", "post").stdout.startswith("segment")


def test_the_catalogue_passes_its_own_check() -> None:
    result = run("catalog", "lint")
    assert (result.exit_code, result.stdout) == (0, "No problem found.\n")


def test_rules_are_listed_and_explained() -> None:
    listed = run("rules").stdout
    slugs = [line.split()[0] for line in listed.splitlines()[1:] if not line.startswith(" ")]
    assert "fanout-without-consent" in slugs
    assert len(slugs) > 10
    for slug in slugs:
        page = run("rules", slug)
        assert page.exit_code == 0
        assert all(title in page.stdout for title in (slug, "Needs", "Why", "Fix", "Sources"))


# --- what listens, and the rest


def test_the_demo_shows_findings_without_serving(folder: Path) -> None:
    result = run("demo", "--no-serve", "--db", folder / "demo.db")
    assert result.exit_code == 0
    assert "findings (" in result.stdout
    assert run("check", folder / "demo.db").exit_code == 1
    assert run("demo", "--no-serve").exit_code == 0


def test_the_demo_leaves_out_what_people_recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "captures").mkdir()
    for name in ("b.mitm", "a.har", "local-mine.mitm", "a.expected.json"):
        (folder / "captures" / name).touch()
    monkeypatch.setattr("importlib.resources.files", lambda _: folder)
    assert [path.name for path in display.shipped_captures()] == ["a.har", "b.mitm"]


def test_addon_path_is_a_file_that_mitmproxy_can_load() -> None:
    path = Path(run("addon-path").stdout.strip())
    assert len(runpy.run_path(str(path))["addons"]) == 1


def test_ctrl_c_does_not_look_like_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(display, "report_of", interrupted)
    monkeypatch.setattr(sys, "argv", ["consentwire", "check", str(LEAK)])
    with pytest.raises(SystemExit) as ended:
        run_main()
    assert ended.value.code == 130


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["check", str(LEAK)], 1), (["check", "nothing"], 2), (["nonsense"], 2), ([], 2)],
    ids=["fails", "bad input", "bad usage", "nothing"],
)
def test_the_command_ends_with_these_codes(folder: Path, arguments: list[str], code: int) -> None:
    command = [sys.executable, "-m", "addon.cli", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert bool(done.stdout) is (code < 2)
