"""Everything in a database was written by the sites under test, and whoever reaches the port reads it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from datasette.app import Datasette

from datasette_plugins.plugin.guard import allowed

from .building import SETTINGS, Capture, analysed

ALERT = "<script>alert(1)</script>"
UNBREAKABLE = "\u200d".join("👩" * 300)
"""One letter, as a browser sees it: it breaks nowhere."""
HOSTILE = (
    ALERT,
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE events; --",
    "javascript:alert(1)",
    "https://evil.example/?x=<b>",
    "\u202egnp.exe",
    "日本語のイベント 🎉",
    "L" * 5000,
    "{{ 7*7 }}{% raw %}",
    "line\nbreak\ttab",
    "]]></title></svg><script>alert(2)</script>",
    "`code` **bold** [link](javascript:alert(1))",
    UNBREAKABLE,
    "W" * 1_000_000,
    "\u0301" * 3000,
    "=cmd|' /C calc'!A0",
)


def hostile() -> Capture:
    session = Capture(host="www.evil.example", agent=f"{ALERT} agent")
    session.page(0, f"<script>alert(3)</script>?q={ALERT}")
    named = {name: {"bundlingStatus": "unbundled"} for name in (ALERT, UNBREAKABLE)}
    settings = {**SETTINGS, "integrations": {**SETTINGS["integrations"], **named}}
    session.segment(0.5, settings)
    for number, name in enumerate(HOSTILE):
        stamp = {f"<b>{name[:300]}</b>": True, "analytics": False} if number % 2 else None
        more = {"integrations": {f"<svg onload=alert(4)>{number}": True, "Braze": True}, "properties": {name: name}}
        session.track(1 + number, name, stamp, **more)
    session.cookies["_ga_<script>alert(5)</script>"] = "x"
    session.page(20, "two")
    session.get(21, f"https://www.facebook.com/tr/?id=1&ev={ALERT}", error="net::ERR_<b>FAILED</b>")
    identifiers = f"fbp={ALERT}&fbc={ALERT}&ud[em]={ALERT}"
    session.get(21.5, f"https://www.facebook.com/tr/?id={ALERT}&ev=%22%3E{ALERT}&{identifiers}")
    session.get(21.6, f"https://www.google-analytics.com/g/collect?tid={ALERT}&en={ALERT}&cid={ALERT}")
    session.asset(22)
    return session


@pytest.fixture(scope="module")
def hostile_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return analysed(tmp_path_factory.mktemp("hostile"), hostile())


class Reading(HTMLParser):
    """What of a page could act: tags, handlers, addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.styles: list[str] = []
        self.addresses: list[str] = []
        self.inline_scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.handlers += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.styles += [tag] if "style" in given else []
        self.addresses += [given[name] or "" for name in ("href", "src", "action", "xlink:href") if name in given]
        self.inline_scripts += tag == "script" and "src" not in given


async def every_page(datasette: Datasette) -> AsyncIterator[tuple[str, str]]:
    """Every page of ours over a database, and its text."""
    addresses = ["/"]
    for table in ("sessions", "events", "violations", "findings"):
        for row in (await datasette.client.get(f"/sample/{table}.json?_shape=array&_size=1000")).json():
            addresses.append(f"/sample/-/{table}/{row.get('id') or row['fingerprint']}")
    addresses += [f"/sample/-/vendors/{vendor}" for vendor in ("meta-pixel", "google-analytics-4", "segment", "braze")]
    for address in addresses:
        page = await datasette.client.get(address)
        assert page.status_code == 200, address
        yield address, page.text


async def test_nothing_from_the_wire_becomes_markup(hostile_database: Path) -> None:
    pages = 0
    async for address, text in every_page(Datasette([str(hostile_database)])):
        reading = Reading()
        reading.feed(text)
        assert "img" not in reading.tags, address
        assert not reading.handlers, address
        assert reading.inline_scripts == 0, address
        assert "<script>alert" not in text, address
        pages += 1
    assert pages > 60


async def test_our_pages_have_neither_inline_handlers_nor_inline_styles(sample: Path) -> None:
    async for address, text in every_page(Datasette([str(sample)])):
        reading = Reading()
        reading.feed(text)
        assert not reading.handlers, address
        assert not reading.styles, address
        assert "style" not in reading.tags, address
        assert reading.inline_scripts == 0, address


async def test_links_lead_only_to_our_own_paths(hostile_database: Path) -> None:
    async for address, text in every_page(Datasette([str(hostile_database)])):
        reading = Reading()
        reading.feed(text)
        strange = [found for found in reading.addresses if not re.match(r"/(?!/)|#", found)]
        assert not strange, (address, strange)


async def test_addresses_from_the_wire_are_text_on_datasettes_own_pages(hostile_database: Path) -> None:
    datasette = Datasette([str(hostile_database)])
    sql = "/sample?sql=select+name+from+events"
    for address in (
        "/sample/events",
        "/sample/violations",
        "/sample/findings",
        "/sample/sessions",
        "/sample/gaps",
        sql,
    ):
        page = await datasette.client.get(address)
        assert page.status_code == 200
        reading = Reading()
        reading.feed(page.text)
        assert "<script>alert" not in page.text
        # facets are linked with their whole address, but with this host's
        strange = [found for found in reading.addresses if urlsplit(found).netloc not in ("", "localhost")]
        assert strange == ["https://datasette.io/"], (address, strange)
        assert not any(found.startswith("javascript") for found in reading.addresses), address


async def test_what_json_says_is_data(hostile_database: Path) -> None:
    page = await Datasette([str(hostile_database)]).client.get("/sample/-/sessions/1.s1.json")
    assert page.headers["content-type"].startswith("application/json")
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/sample/-/sessions/1.s1", "/sample/-/violations/1.v1", "/sample/-/events/nope"])
async def test_our_pages_forbid_everything_but_our_own_style_and_script(datasette: Datasette, path: str) -> None:
    page = await datasette.client.get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_datasettes_own_pages_load_nothing_from_elsewhere(datasette: Datasette) -> None:
    for path in ("/sample", "/sample/violations", "/sample/exchanges/1~2E1", "/-/plugins.json"):
        page = await datasette.client.get(path)
        assert ("unsafe-inline" in page.headers["content-security-policy"]) == path.startswith("/-/")
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8001", "localhost:8001", "LOCALHOST", "[::1]", "[::1]:8001"])
async def test_this_machine_may_ask(datasette: Datasette, host: str) -> None:
    assert (await datasette.client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8001",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.1.5",
        "[::2]",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/sample/violations.json", "/sample.db", "/-/consentwire/pages.js"])
async def test_a_name_that_only_points_here_is_refused(datasette: Datasette, host: str, path: str) -> None:
    page = await datasette.client.get(path, headers={"host": host})
    assert page.status_code == 403
    assert page.headers["content-type"].startswith("text/plain")
    assert "answer only to 127.0.0.1, localhost and [::1]" in page.text
    assert "shop.example" not in page.text


async def test_a_configured_host_may_ask(sample: Path) -> None:
    datasette = Datasette([str(sample)], metadata={"plugins": {"consentwire": {"hosts": ["wire.example:8001"]}}})
    assert (await datasette.client.get("/", headers={"host": "wire.example"})).status_code == 200
    assert (await datasette.client.get("/", headers={"host": "other.example"})).status_code == 403


def test_every_host_header_of_a_request_has_to_be_ours() -> None:
    assert allowed(["localhost"], [])
    assert not allowed(["localhost", "evil.example"], [])
    assert not allowed([], [])
    assert not allowed(["localhost@evil.example"], [])


async def test_an_instance_without_a_database_of_ours_is_left_alone() -> None:
    page = await Datasette(memory=True).client.get("/", headers={"host": "public.example"})
    assert page.status_code == 200
    assert "content-security-policy" not in page.headers


async def test_our_pages_only_answer_to_reading(datasette: Datasette) -> None:
    for path in ("/", "/sample/-/sessions/1.s1"):
        assert (await datasette.client.request("PUT", path)).status_code in (403, 405)


@pytest.mark.parametrize("file", ["../plugin/guard.py", "..%2f..%2fpages.py", "nope.css", "icon.svg.py"])
async def test_only_our_static_files_are_served(datasette: Datasette, file: str) -> None:
    assert (await datasette.client.get(f"/-/consentwire/{file}")).status_code in (302, 404)


async def test_who_may_not_see_a_table_does_not_see_it_through_our_pages(sample: Path) -> None:
    denied = {"databases": {"sample": {"tables": {"exchanges": {"allow": False}}}}}
    datasette = Datasette([str(sample)], metadata=denied)
    assert "shop.example" not in (await datasette.client.get("/")).text
    page = await datasette.client.get("/sample/-/violations/1.v1")
    assert page.status_code == 404
    assert "shop.example" not in page.text
