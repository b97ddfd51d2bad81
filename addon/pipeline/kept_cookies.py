"""What is known of one cookie that a browser keeps, and which requests it has to carry.

That follows RFC 6265 (5.1.3, 5.1.4, 5.4): host, path, scheme, expiry, SameSite. Of a cookie that a script wrote no more is known than
the requests that carried it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

from addon.exchange import Exchange, SetCookie

from .identifiers import is_identifier, tokens

MAX_HOSTS = 100
MAX_READ = 500
"""Letters of a cookie's value in which an identifier is looked for."""
_MAX_VALUES = 4


@dataclass(slots=True)
class KeptCookie:
    """What is known of one cookie in a jar."""

    values: dict[int, bool] = field(default_factory=dict)
    """Hashes of the latest values, each with whether no other browser can have that value."""
    sent_to: dict[str, str] = field(default_factory=dict)
    """Host -> the longest path that the cookie can have by the requests to it that carried it."""
    insecure: bool = False
    """Whether it was sent without encryption, so that it is not ``Secure``."""
    rules: SetCookie | None = None
    """What the response said that set it; ``None`` if a script did."""
    until: float = math.inf

    def covers(self, exchange: Exchange) -> bool:
        """Whether a browser that holds it sends it with a request."""
        if exchange.started_at >= self.until or not (exchange.scheme == "https" or self.insecure):
            return False
        rules, host = self.rules, exchange.host
        domain = None if rules is None else rules.domain
        anywhere = domain is not None and (host == domain or host.endswith(f".{domain}"))
        if host not in self.sent_to and not anywhere:
            return False
        if rules is not None and rules.strict and exchange.request_headers.get("sec-fetch-site") is None:
            return False
        path = rules.path if rules is not None and rules.path is not None else self.sent_to.get(host)
        # where it was sent to other hosts of its domain alone, it has the same path here
        known = [path] if path is not None else self.sent_to.values()
        return any(_path_matches(exchange.path, each) for each in known)

    def carried_by(self, exchange: Exchange, value: str, page: str | None) -> None:
        """``page`` is the path of the page that was open: a script that says no path writes for its directory."""
        known = self.sent_to.get(exchange.host, page and directory(page))
        if exchange.host in self.sent_to or len(self.sent_to) < MAX_HOSTS:
            self.sent_to[exchange.host] = exchange.path if known is None else _common_path(known, exchange.path)
        self.insecure = self.insecure or exchange.scheme == "http"
        self.hold(value)

    def hold(self, value: str) -> None:
        if hash(value) not in self.values:
            self.values[hash(value)] = tells_browser(value[:MAX_READ])
            if len(self.values) > _MAX_VALUES:
                del self.values[next(iter(self.values))]


def _path_matches(path: str, cookie_path: str) -> bool:
    """RFC 6265, 5.1.4."""
    rest = path[len(cookie_path) :]
    return path.startswith(cookie_path) and (cookie_path.endswith("/") or not rest or rest.startswith("/"))


def directory(path: str) -> str:
    """A cookie's path where its writer says none (RFC 6265, 5.1.4)."""
    return path.rpartition("/")[0] or "/"


def _common_path(one: str, other: str) -> str:
    """The longest path that covers both."""
    if _path_matches(other, one):
        return one
    shared: list[str] = []
    for here, there in zip(one.split("/"), other.split("/"), strict=False):
        if here != there:
            break
        shared.append(here)
    return "/".join(shared) or "/"


@lru_cache(maxsize=5000)
def tells_browser(value: str) -> bool:
    """Whether a cookie's value can be no other browser's."""
    return any(map(is_identifier, tokens(value)))
