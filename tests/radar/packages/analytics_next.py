"""Segment's library for browsers: keys of a source's settings, and the metrics that it sends of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.radar.drift import Kind, Unknown, own_words, unread_settings

PACKAGE = "@segment/analytics-next"
_SETTINGS = ("CDNSettings", "RemoteIntegrationSettings", "RemoteSegmentIOIntegrationSettings", "VersionSettings")
_METRIC = re.compile(r"(analytics_js(?:\.[a-z_]+)+)(?:\$\{[^}`]{0,40}`(\.[a-z_]+)`)?")
"""A name, and what a template may append to it: ``analytics_js.invoke${failed ? `.error` : ``}``."""


def unknown(folder: Path) -> Iterator[Unknown]:
    declarations = (folder / "dist" / "types" / "browser" / "settings.d.ts").read_text(encoding="utf-8")
    yield from unread_settings(PACKAGE, declarations, _SETTINGS)
    metrics = {
        metric
        for file in (folder / "src").rglob("*.ts")
        if "__tests__" not in file.parts
        for name, appended in _METRIC.findall(file.read_text(encoding="utf-8"))
        for metric in {name, name + appended}
    }
    for metric in sorted(metrics - own_words()):
        yield Unknown(PACKAGE, Kind.METRIC, metric)
