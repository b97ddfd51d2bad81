"""Which entries of a HAR never were a request on the network, and why.

What an exporter says of itself is believed; what it leaves open is taken for sent where anything shows a connection. A response
that was checked with the server (304), or of which bytes were transferred, was asked for, whatever cache it then came from; so was a
request whose response was given up.

Sources: ChromeDevTools/devtools-frontend ``models/har/Log.ts`` (``_fromCache``, ``_error``, ``_serviceWorkerResponseSource``);
sitespeedio/chrome-har ``lib/entryFromResponse.js`` (``cache.beforeRequest``); mozilla/gecko-dev ``netmonitor/src/har/har-builder.js``
(an address and timings only of what had a connection); microsoft/playwright ``server/har/harTracer.ts`` (``_wasAborted``,
``_wasFulfilled``, ``_failureText``); Chromium ``net/base/net_error_list.h``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from addon.exchange import Unsent
from addon.jsontext import Json, mapping, text_of

_BLOCKED = re.compile(
    r"ERR_BLOCKED_BY_(?:CLIENT|CSP|ADMINISTRATOR|FINGERPRINTING_PROTECTION|PRIVATE_NETWORK_ACCESS_CHECKS|LOCAL_NETWORK_ACCESS_CHECKS)"
    r"|ERR_BLOCKED_(?:ENROLLMENT_CHECK_PENDING|IN_INCOGNITO_BY_ADMINISTRATOR)|ERR_NETWORK_ACCESS_DENIED|ERR_UNSAFE_PORT"
    r"|ERR_(?:DISALLOWED|UNKNOWN)_URL_SCHEME|ERR_INSUFFICIENT_RESOURCES"
    r"|NS_ERROR_(?:CONTENT_BLOCKED|DOM_BAD_URI|[A-Z]+_URI|PORT_ACCESS_NOT_ALLOWED|BLOCKED_BY_POLICY)"
    r"|^(?:csp|mixed-content|origin|subresource-filter|blocked)$|inspector|blocked by (?:content blocker|client|an? extension)",
    re.IGNORECASE,
)
_UNREACHED = re.compile(
    r"ERR_NAME_(?:NOT_RESOLVED|RESOLUTION_FAILED)|ERR_DNS_|ERR_ICANN_NAME_COLLISION|ERR_INTERNET_DISCONNECTED"
    r"|ERR_CONNECTION_(?:REFUSED|FAILED|TIMED_OUT)|ERR_ADDRESS_(?:UNREACHABLE|INVALID)"
    r"|ERR_(?:PROXY|TUNNEL|SOCKS)_CONNECTION|ERR_PROXY_(?:AUTH|CERTIFICATE)|ERR_CERT_|ERR_CERTIFICATE_"
    r"|ERR_SSL_(?:PROTOCOL_ERROR|VERSION_OR_CIPHER_MISMATCH|PINNED_KEY_NOT_IN_CERT_CHAIN|UNRECOGNIZED_NAME_ALERT|OBSOLETE_CIPHER"
    r"|OBSOLETE_VERSION|CLIENT_AUTH_CERT_NEEDED|HANDSHAKE_NOT_COMPLETED)"
    r"|NS_ERROR_(?:UNKNOWN_(?:PROXY_)?HOST|CONNECTION_REFUSED|PROXY_CONNECTION_REFUSED|OFFLINE|NOT_RESOLVED)|SEC_ERROR_|SSL_ERROR_"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|getaddrinfo"
    r"|could not (?:resolve|connect)|couldn.t (?:resolve|connect)|hostname could not be found|unknown ?host",
    re.IGNORECASE,
)
_LONGEST_ERROR = 300
_FETCH_TYPES = {
    "memory cache": Unsent.CACHED,
    "disk cache": Unsent.CACHED,
    "service worker": Unsent.WORKER,
    "inspector override": Unsent.OVERRIDDEN,
}
"""Safari's ``_fetchType``."""
_WORKER_SOURCES = {
    "cache-storage": Unsent.WORKER,
    "http-cache": Unsent.CACHED,
    "fallback-code": Unsent.WORKER,
    "": Unsent.WORKER,
}
"""Chrome's ``_serviceWorkerResponseSource``; ``network`` is the one that is missing. A worker that does not say where it got its answer
may have made it up: what it fetches is an entry of its own."""
_PHASES = ("dns", "connect", "ssl", "send", "wait", "receive")
_NOT_MODIFIED = 304
_INTERNAL_REDIRECT = "non-authoritative-reason"


def error_of(response: Mapping[str, Json]) -> str | None:
    """Why a request has no response, in the exporter's words."""
    return text_of(response.get("_error")) or text_of(response.get("_failureText")) or None


def unsent_of(entry: Mapping[str, Json], *, exporter: str) -> Unsent | None:
    """Why an entry never was a request on the network; ``None`` if it was.

    Args:
        exporter: the name of what wrote the HAR.
    """
    response = mapping(entry.get("response"))
    status = response.get("status")
    answered = isinstance(status, int) and status > 0
    if _is_true(entry, "_wasFulfilled"):
        return Unsent.OVERRIDDEN
    if not answered:
        return _unanswered(entry, response)
    if status == _NOT_MODIFIED or _positive(response.get("_transferSize")):
        return None
    return _answered_locally(entry, response, exporter)


def _unanswered(entry: Mapping[str, Json], response: Mapping[str, Json]) -> Unsent | None:
    if _is_true(entry, "_wasAborted"):
        return Unsent.BLOCKED
    error = error_of(response)
    if error is None:
        return None if _leaves_traces(entry, response) else Unsent.UNTRACED
    error = error[:_LONGEST_ERROR]
    if _BLOCKED.search(error):
        return Unsent.BLOCKED
    return Unsent.UNREACHED if _UNREACHED.search(error) else None


def _answered_locally(entry: Mapping[str, Json], response: Mapping[str, Json], exporter: str) -> Unsent | None:
    kind = text_of(entry.get("_fetchType")) or text_of(response.get("_fetchType")) or ""
    if kind.lower() in _FETCH_TYPES:
        return _FETCH_TYPES[kind.lower()]
    if _from_cache(entry) or _from_cache(response):
        return Unsent.CACHED
    if _answered_by_worker(entry, response):
        return _WORKER_SOURCES.get(_worker_source(entry, response))
    if _is_internal_redirect(entry, response):
        return Unsent.OVERRIDDEN
    if _is_chrome_har_cache(entry) or ("firefox" in exporter.lower() and _cost_nothing(entry, response)):
        return Unsent.CACHED
    return None


def _from_cache(part: Mapping[str, Json]) -> bool:
    """Chrome names the cache in ``_fromCache``; chrome-har and what reads Chrome's protocol keep its flags."""
    named = part.get("_fromCache")
    if (isinstance(named, str) and named != "") or named is True:
        return True
    flags = ("fromDiskCache", "fromPrefetchCache", "fromMemoryCache", "fromCache")
    return any(_is_true(part, name) or _is_true(part, f"_{name}") for name in flags)


def _worker_source(entry: Mapping[str, Json], response: Mapping[str, Json]) -> str:
    """Where a service worker got its answer, as Chrome says it, or nothing."""
    named = (text_of(part.get("_serviceWorkerResponseSource")) for part in (response, entry))
    return next((source.lower() for source in named if source), "")


def _answered_by_worker(entry: Mapping[str, Json], response: Mapping[str, Json]) -> bool:
    flags = ("_fetchedViaServiceWorker", "_fromServiceWorker", "fromServiceWorker")
    flagged = any(_is_true(part, name) for part in (response, entry) for name in flags)
    return flagged or _worker_source(entry, response) != ""


def _is_internal_redirect(entry: Mapping[str, Json], response: Mapping[str, Json]) -> bool:
    """Whether the browser itself sent the page elsewhere (HSTS, an extension): Chrome writes such an answer as if it were a server's,
    with a field that says why, and there is no server's address."""
    if response.get("status") != 307 or text_of(entry.get("serverIPAddress")):
        return False
    fields = response.get("headers")
    names = (text_of(mapping(field).get("name")) for field in (fields if isinstance(fields, list) else []))
    return any(name is not None and name.lower() == _INTERNAL_REDIRECT for name in names)


def _is_chrome_har_cache(entry: Mapping[str, Json]) -> bool:
    """chrome-har writes the state before the request, empty but for a time, only of what the cache answered."""
    before = mapping(entry.get("cache")).get("beforeRequest")
    if not isinstance(before, dict) or "lastAccess" not in before:
        return False
    return before.get("eTag") == "" and before.get("hitCount") == 0


def _cost_nothing(entry: Mapping[str, Json], response: Mapping[str, Json]) -> bool:
    """Whether there is content of which no byte was transferred, in no time, from no address."""
    return (
        response.get("bodySize") == 0
        and _positive(mapping(response.get("content")).get("size"))
        and not text_of(entry.get("serverIPAddress"))
        and not text_of(entry.get("connection"))
        and not _took_time(entry)
    )


def _leaves_traces(entry: Mapping[str, Json], response: Mapping[str, Json]) -> bool:
    """Whether anything shows that a request without an answer had a connection or was written to one."""
    request = mapping(entry.get("request"))
    return bool(
        text_of(entry.get("serverIPAddress"))
        or text_of(entry.get("connection"))
        or _took_time(entry)
        or _positive(request.get("headersSize"))
        or _positive(response.get("headersSize"))
        or _positive(response.get("bodySize"))
        or _positive(response.get("_transferSize"))
        or isinstance(entry.get("_webSocketMessages"), list)
        or not _says_sizes(request, response)
    )


def _says_sizes(request: Mapping[str, Json], response: Mapping[str, Json]) -> bool:
    """Whether the exporter says of the sizes that it has none (-1), instead of leaving them out."""
    return request.get("headersSize") == -1 and response.get("headersSize") == -1 and response.get("bodySize") == -1


def _took_time(entry: Mapping[str, Json]) -> bool:
    timings = mapping(entry.get("timings"))
    return any(_positive(timings.get(phase)) for phase in _PHASES)


def _positive(number: Json) -> bool:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and number > 0


def _is_true(part: Mapping[str, Json], name: str) -> bool:
    return part.get(name) is True
