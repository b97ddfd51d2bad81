"""Google's pings without cookies: what its tags send while consent mode denies storage ("advanced" consent mode).

Google documents that with a storage denied its tags neither read nor write the cookies of that storage, and that pings go
without them, with a random number in place of the client id. Whether a call is such a ping is told by what it carries, not by
its parameters alone.
"""

from __future__ import annotations

from collections.abc import Iterable

from addon.addresses import site_of
from addon.consent.consent_mode import ConsentMode
from addon.decode.hits import hit_readers
from addon.pipeline.context import ExchangeContext

_JOINS_GROUPS = "td.doubleclick.net"
"""Asks the browser to keep an interest group, which is storage by another name."""
_GOOGLES_OWN_CONSENT = frozenset({"CONSENT", "SOCS"})
"""Cookies on Google's hosts that keep the answer to Google's own banner, and identify nobody."""


def unidentified_ping(context: ExchangeContext, mode: ConsentMode | None, kept: Iterable[bytes]) -> str | None:
    """The parameters of consent mode, as sent, if a call says that the storage of its vendor is denied and carries nothing that
    tells the person apart; ``None`` for any other call.

    Args:
        kept: the cookie fields that the site itself was last sent.
    """
    reader = hit_readers().get(context.vendor or "")
    if reader is None or reader.storage is None or mode is None or mode.granted.get(reader.storage) is not False:
        return None
    if context.exchange.host == _JOINS_GROUPS or not context.hits.hits or _identifying_cookie(context):
        return None
    for hit in context.hits.hits:
        if not set(hit.identifiers) <= set(reader.renewed):
            return None
        if any(_is_kept(value, kept) for value in hit.identifiers.values()):
            return None
    return mode.shown


_DISTINCT = 10
"""Letters of an identifier that do not stand in a cookie by chance. A client id of Google's has about twenty."""


def _identifying_cookie(context: ExchangeContext) -> bool:
    """Whether a cookie went with the call that tells the person apart: on Google's hosts any but its consent record, on the
    site's own those that Google's tags keep there."""
    exchange = context.exchange
    if "cookie" not in exchange.request_headers:
        return False
    names = [name for name, _ in exchange.cookies()]
    if site_of(exchange.host) != context.session.key.site:
        return any(name not in _GOOGLES_OWN_CONSENT for name in names)
    return any(name.startswith(_KEPT_BY_TAGS) for name in names)


_KEPT_BY_TAGS = ("_ga", "_gid", "_gcl_", "_gac_", "FPID", "FPLC", "FPAU", "FPGCL")
"""How the cookies begin that Google's tags, and a tagging server on the site's own domain, keep on a site (Google Analytics and
Google Ads Help, Cookie usage)."""


def _is_kept(value: str, kept: Iterable[bytes]) -> bool:
    """Whether an identifier stands in a cookie that the site was sent: then it is no random number of this page."""
    sought = value.encode()
    return len(value) >= _DISTINCT and any(sought in cookies for cookies in kept)
