"""The in-page probe, put into the pages that pass by: one inline script at the top of the document, and nothing else."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources

from mitmproxy import http

from addon.exchange import raw_field
from addon.pipeline.observing import REPORTS
from addon.readers.flows import host_of
from vendor_catalog import Catalogue, ConsentManager, ScriptApi, banner_words

from .keys import Keys
from .security_policy import amended, lets_report

MAX_PAGE_BYTES = 8 * 1024 * 1024
_POLICIES = ("content-security-policy", "content-security-policy-report-only")
_HEAD = 64 * 1024
"""Bytes at the top of a document in which its head begins and its own policy stands."""
_HEAD_TAG = re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)
_HTML_TAG = re.compile(rb"<html(?:\s[^>]*)?>", re.IGNORECASE)
_DOCTYPE = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<!doctype[^>]*>", re.IGNORECASE | re.DOTALL)
_META = re.compile(rb"<meta\s[^>]*http-equiv\s*=\s*[\"']?content-security-policy[\"']?[^>]*>", re.IGNORECASE)
_CONTENT = re.compile(rb"content\s*=\s*(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_WIDE = re.compile(rb"utf-?(16|32)", re.IGNORECASE)
_CONDITIONS = (b"if-none-match", b"if-modified-since")
_DOCUMENTS = ("document", "iframe", "frame")


class NotInjected(Exception):
    """Why the probe was left out of a page that it would belong in."""


class Probe:
    """Puts the probe into pages; each gets a key of its own."""

    def __init__(self, catalogue: Catalogue, keys: Keys) -> None:
        self._facts = _facts(catalogue)
        self._keys = keys

    def ask_for_whole_page(self, request: http.Request) -> None:
        """A page that the browser has kept would have an old probe in it, or none: it is asked for anew."""
        fields = request.data.headers.fields
        conditions = [name for name in _CONDITIONS if raw_field(fields, name) is not None]
        if conditions and _is_document(request):
            for name in conditions:
                del request.headers[name]

    def belongs_in(self, flow: http.HTTPFlow) -> bool:
        """Whether a flow is a page."""
        return flow.response is not None and _is_page(flow.request, flow.response)

    def inject(self, flow: http.HTTPFlow) -> bool:
        """Puts the probe into a page; says whether it did.

        Raises:
            NotInjected: if the page's own policy would not let it report, so that it would only fill the page's console.
        """
        request, response = flow.request, flow.response
        if response is None:
            return False
        content = response.get_content(strict=False)
        if not content or len(content) > MAX_PAGE_BYTES or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return False
        host, nonce = host_of(request).lower(), secrets.token_urlsafe(12)
        port = "" if request.port == (443 if request.scheme == "https" else 80) else f":{request.port}"
        endpoint = f"{request.scheme}://{host}{port}{REPORTS}"
        if not all(lets_report(policy, endpoint) for policy in _own_policies(content)):
            raise NotInjected("the page's own security policy, in a meta element, would not let it report")
        policies = {name: response.headers.get_all(name) for name in _POLICIES}
        for name, given in policies.items():
            changed = [amended(value, nonce, endpoint) for value in given]
            if None in changed:
                raise NotInjected("the page is sandboxed without scripts")
            policies[name] = [value for value in changed if value is not None]
        peer = flow.client_conn.peername
        key = self._keys.page_key(str(peer[0]) if peer else "unknown", host)
        script, at = self._script(key, nonce), _place(content)
        for name, values in policies.items():
            if values:
                response.headers.set_all(name, values)
        # sent as it is: to compress it again would hold up the proxy
        response.headers.pop("content-encoding", None)
        response.content = content[:at] + script + content[at:]
        return True

    def _script(self, key: str, nonce: str) -> bytes:
        config = self._facts | {"endpoint": REPORTS, "key": key}
        told = json.dumps(config).replace("<", "\\u003c")
        return f'<script nonce="{nonce}">{_source().replace("CONFIG", told, 1)}</script>'.encode("ascii")


@lru_cache(maxsize=1)
def _source() -> str:
    """The probe's text: without comments and indentation, and without anything that would end its element."""
    text = resources.files("addon.observe").joinpath("probe.js").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


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
        "apis": [_asked(manager, api) for manager in catalogue.consent_managers.values() for api in manager.apis],
        "words": {
            "about": _any_of(word for words in banner_words().values() for word in words.about),
            "buttons": _any_of(word for words in banner_words().values() for word in words.buttons),
        },
    }


def _any_of(words: Iterable[str]) -> str:
    """A regular expression; an apostrophe is written in either way."""
    return "|".join(sorted(set(words))).replace("'", "['\u2019]")


def _asked(manager: ConsentManager, api: ScriptApi) -> dict[str, object]:
    """How a script interface is asked."""
    asked = api.model_dump(include={"reads", "told", "listeners", "events"})
    return {"manager": manager.id, "name": api.name or manager.javascript_api, **asked}


def _is_document(request: http.Request) -> bool:
    destination = request.headers.get("sec-fetch-dest")
    if destination is not None:
        return destination in _DOCUMENTS
    # plain http to another machine: browsers leave Sec-Fetch-Dest out
    return "x-requested-with" not in request.headers and request.headers.get("accept", "").startswith("text/html")


def _is_page(request: http.Request, response: http.Response) -> bool:
    kind = raw_field(response.data.headers.fields, b"content-type") or b""
    if not kind.lower().startswith((b"text/html", b"application/xhtml+xml")):
        return False
    attached = response.headers.get("content-disposition", "").lower().startswith("attachment")
    whole = response.status_code not in (204, 206, 304)
    return _is_document(request) and whole and not attached and _WIDE.search(kind) is None


def _place(content: bytes) -> int:
    """Where the script goes: first in the head, so that it runs before any other."""
    top = content[:_HEAD]
    found = _HEAD_TAG.search(top) or _HTML_TAG.search(top) or _DOCTYPE.search(top)
    return found.end() if found is not None else (3 if top.startswith(b"\xef\xbb\xbf") else 0)


def _own_policies(content: bytes) -> list[str]:
    found: list[str] = []
    for element in _META.finditer(content[:_HEAD]):
        stated = _CONTENT.search(element.group())
        if stated is not None:
            found.append(stated.group(1)[1:-1].decode("utf-8", "replace").replace("&#39;", "'").replace("&quot;", '"'))
    return found
