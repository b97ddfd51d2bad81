"""Whatever is asked for is answered in our look: no 500 for an address, no traceback in the terminal."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from addon.findings import overview as home
from addon.launcher.datasette_server import application
from datasette_plugins.plugin import errors

TOO_DEEP = (
    "/a/b/c/d/e",
    "/sample/findings/x/y",
    "/sample/-/nosuch/1",
    "/sample/table/-/insert",
    "/sample/-/sessions/x/y/z",
)
NOT_THERE = (
    *("/nosuch", "/sample/nosuch", "/sample/findings/nosuch", "/-/static/nosuch", "/-/static-plugins/x", "//x"),
    *("/sample/-/events/%zz", "/sample/-/events/a%00b", "/sample/-/events/~ed~a0~80", "/sample/-/vendors/%ff%fe"),
    *(
        "/sample/destinations/1",
        "/sample/findings/a,b",
        "/sample/findings/nosuch/x",
        "/sample/-/gaps",
        "/sample/nosuch/1",
    ),
    f"/sample/{'a' * 5000}",
    f"/sample/-/events/{'a' * 60_000}",
    f"/sample/-/vendors/{'%F0%9F%91%A8~' * 3000}",
)
ARGUMENTS = (
    *(
        "_sort=nosuch",
        "_sort=rule&_sort_desc=rule",
        "_size=-1",
        "_size=99999999999999999999",
        "_timelimit=x",
        "_ttl=%C2%B2",
    ),
    *("_facet=nosuch", "_where=x", "_where=1)%00", "_through=x", "_through={}", "_col=nosuch"),
    "violations__gt=99999999999999999999999",
)
WRONG_SQL = ("selec", "delete from findings", "select", "select 1; select 2", "select json('[')", "")


async def answered(datasette: Datasette, path: str, **more: Any) -> Any:
    """The answer to a path, after at most one redirect to Datasette's own spelling of it."""
    page = await datasette.client.get(path, **more)
    for _ in range(3):
        if page.status_code in (301, 302):
            page = await datasette.client.get(page.headers["location"], **more)
    return page


@pytest.mark.parametrize("path", [*TOO_DEEP, *NOT_THERE], ids=lambda path: path[:30])
async def test_an_address_that_leads_nowhere_is_answered_with_where_to_go(
    sample: Path, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    page = await answered(application(sample), path)
    assert page.status_code == 404
    assert "<h1>Not found</h1>" in page.text
    assert 'class="cw-button" href="/"' in page.text
    assert len(page.text) < 20_000
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("form", ["", ".json"])
async def test_arguments_that_make_no_sense_are_the_addresss_fault(
    sample: Path, arguments: str, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    page = await application(sample).client.get(f"/sample/findings{form}?{arguments}")
    assert page.status_code == 400
    assert page.headers["content-type"].startswith("application/json" if form else "text/html")
    if form:
        assert page.json()["ok"] is False
        assert page.json()["error"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("sql", WRONG_SQL)
@pytest.mark.parametrize("form", ["", ".json", ".csv"])
async def test_sql_that_cannot_run_is_answered_with_why(
    sample: Path, sql: str, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    page = await application(sample).client.get(f"/sample{form}", params={"sql": sql})
    assert page.status_code in (200, 400)
    assert "Traceback" not in page.text
    if sql == "delete from findings":
        assert "Statement must be a SELECT" in page.text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "path", ["/", "/sample", "/sample/findings", "/sample/-/vendors", "/sample/captures/1", "/nosuch"]
)
async def test_a_page_only_answers_to_reading_and_says_so(
    datasette: Datasette, method: str, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    page = await datasette.client.request(method, path)
    assert page.status_code == 405
    assert page.headers["allow"] == "GET, HEAD"
    assert f"not to {method}." in page.text
    assert capfd.readouterr() == ("", "")


async def test_json_is_answered_with_json(datasette: Datasette) -> None:
    page = await datasette.client.get("/sample/nosuch.json")
    assert page.status_code == 404
    assert page.json()["instead"] == {"Home": "/", "Tables and SQL": "/sample"}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nosuch",
        "/a/b/c/d/e",
        "/sample",
        "/sample/findings.csv",
        "/sample?sql=selec",
        "/%2e%2e/",
        "/sample.db",
        "/-/static/app.css",
    ],
)
async def test_every_answer_binds_the_browser(datasette: Datasette, path: str) -> None:
    page = await datasette.client.get(path)
    for name in (
        "content-security-policy",
        "x-content-type-options",
        "referrer-policy",
        "cross-origin-resource-policy",
    ):
        assert name in page.headers, (path, page.status_code, name)
    refused = await datasette.client.get(path, headers={"host": "evil.example"})
    assert "content-security-policy" in refused.headers


async def test_an_address_in_raw_bytes_is_answered(datasette: Datasette, capfd: pytest.CaptureFixture[str]) -> None:
    messages: list[MutableMapping[str, Any]] = []
    await _asked(datasette, "/sample/é".encode("latin-1"), messages.append)
    assert messages[0]["status"] == 400
    assert capfd.readouterr() == ("", "")


async def test_a_fault_of_ours_has_a_reference_and_one_line(
    datasette: Datasette,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault\x1b[31m with a colour\nand a second line")

    monkeypatch.setattr(home, "tally", broken)
    page = await datasette.client.get("/")
    assert page.status_code == 500
    (line,) = caplog.records
    said = line.getMessage()
    reference = said.split()[3]
    assert f"Reference <code>{reference}</code>" in page.text
    assert "a fault" not in page.text
    assert said.isprintable()
    assert "RuntimeError: a fault" in said
    assert line.exc_info is None
    assert "Traceback" not in "".join(capfd.readouterr())
    with caplog.at_level(logging.DEBUG, "consentwire.pages"):
        document = (await datasette.client.get("/.json")).json()
    assert document["reference"] in caplog.records[1].getMessage()
    assert caplog.records[1].exc_info is not None


async def test_a_page_that_breaks_off_leaves_one_line(
    datasette: Datasette, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await datasette.client.get("/")
    messages: list[MutableMapping[str, Any]] = []

    def closed(message: MutableMapping[str, Any]) -> None:
        messages.append(message)
        if message["type"] == "http.response.body":
            raise OSError("the browser went away")

    await _asked(datasette, b"/sample/findings.csv", closed)
    assert messages[0]["status"] == 200
    assert ["OSError" in record.getMessage() for record in caplog.records] == [True]


@pytest.fixture
def damaged(tmp_path: Path, sample: Path) -> Path:
    """A database of which only the beginning is left."""
    path, whole = tmp_path / "damaged.db", sample.read_bytes()
    path.write_bytes(whole[:8192] + b"\x00" * (len(whole) - 8192))
    return path


async def test_a_damaged_database_is_said_to_be_one(damaged: Path) -> None:
    page = await Datasette([str(damaged)]).client.get("/")
    assert page.status_code == 500
    assert "The database cannot be read" in page.text


async def test_another_plugins_handler_comes_first(datasette: Datasette) -> None:
    from datasette import hookimpl
    from datasette.plugins import pm
    from datasette.utils.asgi import Response

    class Other:
        @hookimpl
        def handle_exception(self) -> Callable[[], Awaitable[Response]]:
            async def own() -> Response:
                return Response.text("mine", status=418)

            return own

    other = Other()
    pm.register(other)
    try:
        assert (await datasette.client.get("/nosuch")).text == "mine"
    finally:
        pm.unregister(other)


async def test_an_instance_without_a_database_of_ours_keeps_datasettes_errors(tmp_path: Path) -> None:
    strange = tmp_path / "strange.db"
    sqlite3.connect(strange).execute("CREATE TABLE t (a)")
    page = await Datasette([str(strange)]).client.get("/nosuch")
    assert page.status_code == 404
    assert "cw-message" not in page.text


def test_what_is_repeated_in_the_terminal_cannot_move_its_cursor() -> None:
    assert errors._shown("a\x1b[2J\u202eb\n") == "a\\x1b[2J\\x202eb\\x0a"
    assert len(errors._shown("é" * 5000)) == 300


async def _asked(datasette: Datasette, raw_path: bytes, send: Callable[[MutableMapping[str, Any]], None]) -> None:
    """One request, as a server hands it on."""

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def sent(message: MutableMapping[str, Any]) -> None:
        send(message)

    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "query_string": b""},
        **{"path": raw_path.decode("latin-1"), "raw_path": raw_path, "headers": [(b"host", b"localhost")]},
    }
    await datasette.app()(scope, receive, sent)
