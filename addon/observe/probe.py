"""The in-page probe, put into the pages that pass by: one inline script at the top of the document, and nothing else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from mitmproxy import http

from addon.body import MAX_BODY_BYTES, Body, BodyError
from addon.exchange import raw_field
from addon.observations import REPORTS, STATE, page_of
from addon.readers.flow_exchange import PAGE_KEY, host_of
from vendor_catalog import Catalogue, ConsentManager, ScriptApi, banner_words

from .document import MAX_HEAD_BYTES, DocumentHead, read_head
from .keys import Keys
from .security_policy import FIELDS, NotAmended, amended_fields, lets_report

MAX_PAGE_BYTES = MAX_BODY_BYTES
"""What a page may inflate to; a larger one is passed on as it came."""
_CONDITIONS = (b"if-none-match", b"if-modified-since")
_DOCUMENTS = ("document", "iframe", "frame")
_HTML = (b"text/html", b"application/xhtml+xml")
_NOT_ASCII = ("utf-16", "utf16", "utf-32", "utf32", "iso-2022", "utf-7", "ucs-2", "unicode")
"""Beginnings of the names of encodings in which the bytes of a tag in ASCII may mean something else."""
_GZIP_MAGIC = b"\x1f\x8b"
_KEY = "PAGE-KEY"


class NotInjected(Exception):
    """Why the probe was left out of a page that it would belong in: a part of a sentence about the page."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """A page whose header fields let the probe run and report, while its body is still to come."""

    xhtml: bool
    """How :func:`read_head` is to read the page."""
    page_key: str
    """The part of the page's key by which its reports are known as its own."""
    _endpoint: str
    _script: bytes
    _response: http.Response
    _former: dict[str, list[str]]
    """The policies in the header as they were."""

    def placed(self, head: DocumentHead) -> bytes | None:
        """What is to be put into the decoded page at ``head.at``; ``None`` while the head is not complete.

        Raises:
            NotInjected: if the head has no place for it, or the page's own policy would not let it report, so that it would only
                fill the page's console.
        """
        if not head.complete:
            return None
        if head.at is None:
            raise NotInjected(head.reason or "no place was found for it")
        if not all(lets_report(policy, self._endpoint) for policy in head.policies):
            raise NotInjected("the page's own security policy, in a meta element, would not let it report")
        return self._script

    def withdraw(self) -> None:
        """Restores the page's own policies, if none of it was sent yet."""
        for name, values in self._former.items():
            self._response.headers.set_all(name, values)


class Probe:
    """Puts the probe into pages; each gets a key of its own."""

    def __init__(self, catalogue: Catalogue, keys: Keys, *, stored: bool = False) -> None:
        """
        Args:
            stored: whether pages also tell everything that they have stored, because a tester teaches a banner.
        """
        self._texts = [_text("probe.js", _facts(catalogue))]
        if stored:
            self._texts.append(_text("stored.js", {"endpoint": f"{REPORTS}?{STATE}"}))
        self._keys = keys

    def ask_for_whole_page(self, request: http.Request) -> None:
        """Makes the browser request the page anew, because a cached page would have an old probe in it, or none."""
        fields = request.data.headers.fields
        conditions = [name for name in _CONDITIONS if raw_field(fields, name) is not None]
        if conditions and _is_document(request):
            for name in conditions:
                del request.headers[name]

    def belongs_in(self, flow: http.HTTPFlow) -> bool:
        """Whether a flow is a page load."""
        return flow.response is not None and _is_page(flow.request, flow.response)

    def prepare(self, request: http.Request, response: http.Response, client: str) -> Preparation:
        """Amends the header fields of a page so that the probe may run in it and report; its body is not looked at.

        Args:
            client: the address of who asks for the page, in whose name its probe reports.

        Raises:
            NotInjected: if that cannot be; the header is as it was.
        """
        kind = raw_field(response.data.headers.fields, b"content-type") or b""
        _check_readable(kind)
        host, nonce = host_of(request).lower(), secrets.token_urlsafe(12)
        port = "" if request.port == (443 if request.scheme == "https" else 80) else f":{request.port}"
        endpoint = f"{request.scheme}://{host}{port}{REPORTS}"
        former = {name: values for name in FIELDS if (values := response.headers.get_all(name))}
        try:
            changed = amended_fields(former, nonce, endpoint)
        except NotAmended as reason:
            raise NotInjected(str(reason)) from None
        for name, values in changed.items():
            response.headers.set_all(name, values)
        xhtml = _essence(kind) == b"application/xhtml+xml"
        key = self._keys.page_key(client, host)
        script = self._script(key, nonce, xhtml=xhtml)
        return Preparation(xhtml, page_of(key), endpoint, script, response, former)

    def inject(self, flow: http.HTTPFlow) -> bool:
        """Puts the probe into a whole page; says whether it did. An empty page is none.

        Raises:
            NotInjected: if it is left out; the page is as it was.
        """
        request, response = flow.request, flow.response
        if response is None or not response.raw_content:
            return False
        content = _decoded(response)
        if not content:
            return False
        peer = flow.client_conn.peername
        preparation = self.prepare(request, response, str(peer[0]) if peer else "unknown")
        top = content[:MAX_HEAD_BYTES]
        try:
            head = read_head(top, final=True, xhtml=preparation.xhtml)
            script = preparation.placed(head)
        except NotInjected:
            preparation.withdraw()
            raise
        if script is None or head.at is None:
            return False
        # sent as it is: to compress it again would hold up the proxy
        response.headers.pop("content-encoding", None)
        response.content = content[: head.at] + script + content[head.at :]
        flow.metadata[PAGE_KEY] = preparation.page_key
        return True

    def _script(self, key: str, nonce: str, *, xhtml: bool = False) -> bytes:
        filled = [text.replace(_KEY, key, 1) for text in self._texts]
        # what is no markup in HTML's script elements would be in XML's
        inner = [f"//<![CDATA[\n{text}\n//]]>" if xhtml else text for text in filled]
        return "".join(f'<script nonce="{nonce}">{text}</script>' for text in inner).encode("ascii")


def _text(file: str, facts: dict[str, object]) -> str:
    """A script's text, with a word in place of a page's key: without comments and indentation, and without anything that would
    end its element or, in XHTML, its section."""
    source = resources.files("addon.observe").joinpath(file).read_text(encoding="utf-8")
    stripped = (line.strip() for line in source.splitlines())
    program = "\n".join(line for line in stripped if line and not line.startswith("//"))
    config = json.dumps({"endpoint": REPORTS, "key": _KEY} | facts)
    return program.replace("CONFIG", config.replace("<", "\\u003c").replace(">", "\\u003e"), 1)


def _decoded(response: http.Response) -> bytes:
    """A page's body without its content encoding.

    Raises:
        NotInjected: if it is larger than what is read, or cannot be decoded.
    """
    raw, encoding = response.raw_content or b"", response.headers.get("content-encoding")
    if encoding is None and raw.startswith(_GZIP_MAGIC):
        raise NotInjected("it is compressed without saying so, which a browser does not take for a page")
    try:
        return Body(raw, encoding).content()
    except BodyError as error:
        raise NotInjected(f"its body is not read ({error.reason})") from None


def _essence(kind: bytes) -> bytes:
    return kind.partition(b";")[0].strip().lower()


def _check_readable(kind: bytes) -> None:
    """Looks at a page's ``Content-Type``.

    Raises:
        NotInjected: if it does not let the page be read.
    """
    if not kind.strip():
        raise NotInjected("it names no Content-Type, so that only the browser decides whether it is a page")
    charset = kind.lower().partition(b"charset=")[2].decode("ascii", "replace").strip(" \"'")
    if charset.startswith(_NOT_ASCII):
        raise NotInjected(f"its Content-Type says that it is written in {charset[:20]}")


def _facts(catalogue: Catalogue) -> dict[str, object]:
    """What the probe looks for: names of consent cookies, banners with what their managers store, script interfaces, and the
    words of banners that nobody knows."""
    cookies: set[str] = set()
    prefixes: set[str] = set()
    banners: dict[str, object] = {}
    for manager in catalogue.consent_managers.values():
        stored: list[str] = []
        for cookie in manager.cookies:
            if cookie.name is not None:
                stored.append(cookie.name)
            else:
                prefixes.add(cookie.prefix or "")
            cookies.update(cookie.companions)
        cookies.update(stored)
        if manager.banner_selectors:
            banners[manager.id] = {"selectors": manager.banner_selectors, "stored": stored}
    return {
        "cookies": sorted(cookies),
        "prefixes": sorted(prefixes - {""}),
        "banners": banners,
        "apis": [_interface(manager, api) for manager in catalogue.consent_managers.values() for api in manager.apis],
        "words": {
            "about": _any_of(word for words in banner_words().values() for word in words.about),
            "buttons": _any_of(word for words in banner_words().values() for word in words.buttons),
        },
    }


def _any_of(words: Iterable[str]) -> str:
    """A regular expression; an apostrophe is written in either way."""
    return "|".join(sorted(set(words))).replace("'", "['\u2019]")


def _interface(manager: ConsentManager, api: ScriptApi) -> dict[str, object]:
    """What the probe needs to read a script interface."""
    fields = api.model_dump(include={"window_paths", "event_paths", "listeners", "events"})
    return {"manager": manager.id, "name": api.name or manager.javascript_api, **fields}


def _is_document(request: http.Request) -> bool:
    destination = request.headers.get("sec-fetch-dest")
    if destination is not None:
        return destination in _DOCUMENTS
    # plain http to another machine: browsers leave Sec-Fetch-Dest out. What scripts fetch as HTML has no Upgrade-Insecure-Requests
    headers = request.headers
    asks_for_page = (
        headers.get("accept", "").startswith("text/html") and headers.get("upgrade-insecure-requests") == "1"
    )
    return asks_for_page and "x-requested-with" not in headers


def _is_page(request: http.Request, response: http.Response) -> bool:
    kind = _essence(raw_field(response.data.headers.fields, b"content-type") or b"")
    if kind and kind not in _HTML:
        return False
    attached = response.headers.get("content-disposition", "").lower().startswith("attachment")
    elsewhere = 300 <= response.status_code < 400 and "location" in response.headers
    whole = response.status_code not in (204, 206, 304) and not elsewhere
    return _is_document(request) and whole and not attached
