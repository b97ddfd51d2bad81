"""Content-Security-Policy headers, amended so that the in-page probe alone may run and report, and nothing else may do more.

Time and what is added are linear in a page's policies, of which so many bytes and so many of them are read as a browser would
take, too; a page with more is left as it is.

Source: W3C, Content Security Policy Level 3 (6.7.2, script-src-elem and connect-src fall back to default-src; 2.3.1, nonces make
'unsafe-inline' ignored, so that none is added where a page relies on it; 6.3.2, sandbox means nothing in a policy that only
reports; 6.7.2.8, what a source matches).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

FIELDS = {"content-security-policy": True, "content-security-policy-report-only": False}
"""Header field -> whether the policies in it are enforced."""
MAX_CHARACTERS = 64 * 1024
MAX_POLICIES = 64

_BLANK = str.maketrans("\t\n\x0c\r", "    ")
"""What parts words, beside the space; other white space of Unicode does not."""
_DEFAULT_PORTS = {"http": 80, "https": 443}

type _Directives = dict[str, list[str]]


class NotAmended(Exception):
    """Why a page's policies cannot be amended: a part of a sentence about the page."""


def amended_fields(fields: Mapping[str, list[str]], nonce: str, endpoint: str) -> dict[str, list[str]]:
    """The policies of a page, by header field and in their order, each amended.

    Raises:
        NotAmended: if the page is sandboxed without scripts, or its policies are more than what is read.
    """
    length = sum(len(value) for values in fields.values() for value in values)
    count = sum(1 + value.count(",") for values in fields.values() for value in values)
    if length > MAX_CHARACTERS or count > MAX_POLICIES:
        raise NotAmended(
            f"its {count:,} security policies of {length:,} characters are more than the {MAX_POLICIES} of"
            f" {MAX_CHARACTERS:,} that are read"
        )
    return {
        name: [amended(value, nonce, endpoint, enforced=FIELDS[name]) for value in values]
        for name, values in fields.items()
    }


def amended(policy: str, nonce: str, endpoint: str, *, enforced: bool = True) -> str:
    """A policy under which a script with ``nonce`` runs and may ask ``endpoint``.

    Args:
        policy: one header's value; commas part several policies, all of which hold.
        enforced: whether it is, and not only reported on.

    Raises:
        NotAmended: if the page is sandboxed without scripts.
    """
    parts = [_parsed(part) for part in policy.split(",")]
    if enforced and any(_is_without_scripts(part) for part in parts):
        raise NotAmended("it is sandboxed without scripts")
    return ", ".join(text for part in parts if (text := _amended_one(part, nonce, endpoint)))


def lets_report(policy: str, endpoint: str) -> bool:
    """Whether a policy that cannot be amended (in a page's own ``meta``) lets a script ask ``endpoint``."""
    for part in policy.split(","):
        directives = _parsed(part)
        sources = directives.get("connect-src", directives.get("default-src"))
        if sources is not None and not _lets_connect(sources, endpoint):
            return False
    return True


def _parsed(policy: str) -> _Directives:
    directives: _Directives = {}
    for part in policy.translate(_BLANK).split(";"):
        words = [word for word in part.split(" ") if word]
        if words:
            directives.setdefault(words[0].lower(), words[1:])  # of two of one name the first holds
    return directives


def _is_without_scripts(directives: _Directives) -> bool:
    flags = directives.get("sandbox")
    return flags is not None and "allow-scripts" not in (flag.lower() for flag in flags)


def _amended_one(directives: _Directives, nonce: str, endpoint: str) -> str:
    for name in ("script-src-elem", "script-src", "default-src"):
        if name in directives:
            if not _lets_inline(directives[name]):
                target = name if name != "default-src" else "script-src"
                directives[target] = _with(directives[name], f"'nonce-{nonce}'")
            break
    for name in ("connect-src", "default-src"):
        if name in directives:
            if not _lets_connect(directives[name], endpoint):
                directives["connect-src"] = _with(directives[name], endpoint)
            break
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def _with(sources: list[str], source: str) -> list[str]:
    return [*(each for each in sources if each.lower() != "'none'"), source]


def _lets_inline(sources: list[str]) -> bool:
    lowered = [source.lower() for source in sources]
    outranked = any(source.startswith(("'nonce-", "'sha")) or source == "'strict-dynamic'" for source in lowered)
    return "'unsafe-inline'" in lowered and not outranked


def _lets_connect(sources: list[str], endpoint: str) -> bool:
    address = urlsplit(endpoint)
    scheme, host = address.scheme, address.hostname or ""
    port = str(address.port or _DEFAULT_PORTS[scheme])
    return any(_matches(source.lower(), scheme, host, port, address.path) for source in sources)


def _matches(source: str, scheme: str, host: str, port: str, path: str) -> bool:
    """Whether a source in lower case takes in an address of the page's own."""
    if source in ("*", "'self'", f"{scheme}:") or (source == "http:" and scheme == "https"):
        return True
    stated, parted, rest = source.rpartition("://")
    if parted and stated != scheme and (stated, scheme) != ("http", "https"):
        return False
    authority, slash, below = rest.partition("/")
    name, _, number = authority.partition(":")
    same_host = host.endswith(name[1:]) if name.startswith("*.") else name == host
    same_port = number in ("*", port) or (not number and port == str(_DEFAULT_PORTS[scheme]))
    stated_path = slash + below
    same_path = stated_path in ("", "/", path) or (stated_path.endswith("/") and path.startswith(stated_path))
    return bool(name) and same_host and same_port and same_path
