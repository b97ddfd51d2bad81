"""What in a record says that somebody answered, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from addon.consent.declared import moment_of

from .observed import Answer

_SLACK = 120.0
"""Seconds by which the clock that wrote a date may differ."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A key that says that somebody answered, and by which value."""

    key: str
    value: str

    @property
    def keys(self) -> dict[str, Any]:
        return {"answered_key": self.key, "answered_values": [self.value]}


def answered_marker(values: Sequence[Mapping[str, str]], before: Sequence[Mapping[str, str]]) -> Marker | None:
    """The key that has one value after every answer, and another or none before; ``None`` if there is no such."""
    for key, value in values[0].items():
        lowered = value.lower()
        same = all(each.get(key, "").lower() == lowered for each in values)
        if same and lowered and "#" not in lowered and all(each.get(key, "").lower() != lowered for each in before):
            return Marker(key, lowered)
    return None


def dated_key(answers: Sequence[Answer], values: Sequence[Mapping[str, str]]) -> str | None:
    """The key whose value is the moment of the answer, after each of them."""
    for key in values[0]:
        moments = [moment_of(each.get(key)) for each in values]
        if all(
            moment is not None and answer.since - _SLACK <= moment <= answer.until + _SLACK
            for moment, answer in zip(moments, answers, strict=True)
        ):
            return key
    return None
