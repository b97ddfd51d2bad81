"""consentmanager: ``__cmpconsent...``, a TC string under a name of the site's own. A string of the first version of the TCF, which older
sites still write, is not read. Source: cookies of live sites in public code.
"""

from __future__ import annotations

from collections.abc import Mapping

from addon.consent.signal import Answer, NotThisFormat

from . import tcf


def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
    if not cookies[name].startswith("C"):
        raise NotThisFormat("no TC string of version 2")
    return tcf.cookie(name, cookies)
