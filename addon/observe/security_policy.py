"""Content-Security-Policy headers, amended so that the in-page probe alone may run and report, and nothing else may do more.

Source: W3C, Content Security Policy Level 3 (6.7.2, script-src-elem and connect-src fall back to default-src; 2.3.1, nonces make
'unsafe-inline' ignored, so that none is added where a page relies on it).
"""

from __future__ import annotations

type _Directives = dict[str, list[str]]


def amended(policy: str, nonce: str, endpoint: str) -> str | None:
    """A policy under which a script with ``nonce`` runs and may ask ``endpoint``; ``None`` if that cannot be, because the page is
    sandboxed without scripts.

    Args:
        policy: one header's value; commas part several policies, all of which hold.
    """
    parts = [_amended_one(_parsed(part), nonce, endpoint) for part in policy.split(",")]
    return None if any(part is None for part in parts) else ", ".join(part for part in parts if part)


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
    for part in policy.split(";"):
        name, *sources = part.split()[:2000] or [""]
        if name:
            directives.setdefault(name.lower(), sources)  # of two of one name the first holds
    return directives


def _amended_one(directives: _Directives, nonce: str, endpoint: str) -> str | None:
    if "sandbox" in directives and "allow-scripts" not in (word.lower() for word in directives["sandbox"]):
        return None
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
    scheme = endpoint.partition(":")[0]
    return any(source.lower() in ("*", "'self'", f"{scheme}:") for source in sources)
