"""Segment's wrapper that gates its library by consent: the settings that it reads, and the event by which it reports a choice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.radar.drift import ROOT, Kind, Unknown, unread_settings

PACKAGE = "@segment/analytics-consent-tools"
_SETTINGS = ("CDNSettings", "CDNSettingsConsent", "CDNSettingsIntegrations", "CDNSettingsRemotePlugin")
_EVENT = re.compile(r"'(Segment Consent [A-Za-z ]+)'")


def unknown(folder: Path) -> Iterator[Unknown]:
    declarations = (folder / "dist" / "types" / "types" / "wrapper.d.ts").read_text(encoding="utf-8")
    yield from unread_settings(PACKAGE, declarations, _SETTINGS)
    sources = [file.read_text(encoding="utf-8") for file in (folder / "src").rglob("*.ts")]
    own = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "addon" / "decode" / "segment").rglob("*.py"))
    for event in sorted({event for source in sources for event in _EVENT.findall(source)}):
        if event not in own:
            yield Unknown(PACKAGE, Kind.EVENT, event)
