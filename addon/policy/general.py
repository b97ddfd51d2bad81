"""What holds everywhere unless a site says otherwise, and what is recorded at all."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import StringConstraints

from addon.judge.verdict import Regime

from .section import NonEmpty, Section

_EEA = frozenset(
    "at be bg cy cz de dk ee es fi fr gr hr hu ie is it li lt lu lv mt nl no pl pt ro se si sk".split()  # noqa: SIM905
)


class General(Section):
    """``[policy]``"""

    regime: Regime = Regime.OPT_IN
    """Which law's default holds where nobody has answered: ``opt-in`` (GDPR) or ``opt-out`` (US states)."""
    region: NonEmpty | None = None
    """Where visitors are: ``eu``, ``us``. Informational, except for ``eu``: then data must stay in the European Economic Area,
    unless ``data_region`` is set."""
    data_region: Annotated[str, StringConstraints(pattern=r"^(?i:any|[a-z]{2})$", to_lower=True)] | None = None
    """Where data has to stay: ``eu`` (the European Economic Area), a country by its two letters, or ``any`` for anywhere. Calls
    to an address that is known to be served from elsewhere break the rule data-leaves-region."""

    @property
    def keeps_data_in(self) -> str | None:
        """The region that data must not leave; ``None`` if it may."""
        if self.data_region is not None:
            return None if self.data_region == "any" else self.data_region
        return "eu" if (self.region or "").lower() == "eu" else None


class Scope(Section):
    """``[scope]``"""

    include: list[NonEmpty] = []
    """Sites and apps to record; ``*`` stands for any characters. Everything else is neither judged nor stored. Empty means
    everything."""

    def covers(self, site: str | None) -> bool:
        """Whether a site or app is to be recorded. Traffic of no known site or app is recorded only if there is no scope."""
        if not self.include:
            return True
        return site is not None and any(_scoped(site, pattern) for pattern in self.include)


def _scoped(site: str, pattern: str) -> bool:
    site, pattern = site.lower(), pattern.lower()
    return fnmatchcase(site, pattern) or (pattern.startswith("*.") and site == pattern[2:])


def in_region(wanted: str, region: str) -> bool:
    """Whether a region (``eu``, or a country) lies in the one where data has to stay."""
    return wanted == region or (wanted == "eu" and region in _EEA)
