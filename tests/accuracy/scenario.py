"""What a scenario is: a site, its consent manager, the law, what the person and the page did, and the truth of each act.

Scenarios are data (``scenarios/*.toml``), a table each. A story may name several consent managers and is then a scenario with each
of them: the truth does not depend on which one asks.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from addon.judge.verdict import Regime

FOLDER = Path(__file__).with_name("scenarios")


class Truth(StrEnum):
    """What held for an act at its moment, by what the story says."""

    HAD = "had"
    """There was consent for it, or none was needed."""
    NONE = "none"
    """There was none, and it was needed."""
    UNKNOWN = "unknown"
    """Nobody who sees the capture can know."""


class Door(StrEnum):
    """How the traffic reaches the analysis."""

    HAR = "HAR file"
    FLOWS = "flow file"
    LIVE = "live"
    PROBE = "live with the probe"


class Surface(StrEnum):
    WEB = "web"
    MOBILE = "mobile"
    SERVER = "server"


type Answer = Literal["accept", "reject", "analytics", "marketing", "forget"]
"""What the person answers: everything, nothing, one category alone; or the record is gone."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Shape):
    """One thing that happens. Exactly one of the verbs stands in it."""

    at: float
    """Seconds after the story begins."""
    window: str = "1"
    """The browser window; each has cookies of its own."""
    surface: Surface | None = None
    """Who acts, where it is another than the scenario's own."""
    truth: Truth | dict[str, Truth] | None = None
    """Of a message by ``message``, ``stamp`` and the names of destinations; of anything else alone."""

    open: str | None = None
    """A page: a path, or an address of another site."""
    load: Literal["manager"] | None = None
    """The consent manager's script."""
    answer: Answer | None = None
    dated: float | None = None
    """When an answer of an earlier visit was given, in seconds before the story begins."""
    call: str | None = None
    """A call to a vendor's collection endpoint, by catalogue id; or an address."""
    library: str | None = None
    """A vendor's library, by catalogue id."""
    settings: dict[str, list[str]] | None = None
    """The settings of the Segment source: destination -> workspace categories."""
    send: str | None = None
    """A Segment message, by its event name."""
    stamp: dict[str, bool] | None = None
    """The consent that the message carries, by workspace category."""
    user: str | None = None
    """Its ``userId``."""
    cookie: str | None = None
    """A cookie that a script writes on the site's own domain."""
    record: dict[str, str] | None = None
    """Cookies of consent that stand there as they are, whatever was answered."""
    mark: Literal["accepted", "rejected", "withdrew"] | None = None
    within: str | None = None
    """The address of a frame in the page that makes the call."""
    extension: bool = False
    """Whether an extension of the browser makes the call, and not the page."""
    unsent: Literal["cached", "blocked"] | None = None
    """Why a call never left the browser; a HAR says so."""

    @model_validator(mode="after")
    def _one_verb(self) -> Step:
        verbs = ("open", "load", "answer", "call", "library", "settings", "send", "cookie", "record", "mark")
        if sum(getattr(self, verb) is not None for verb in verbs) != 1:
            raise ValueError(f"at {self.at}: exactly one of {', '.join(verbs)} is needed")
        return self


class Story(_Shape):
    """A scenario, or one for each of ``managers``."""

    title: str
    regime: Regime = Regime.OPT_IN
    surface: Surface = Surface.WEB
    managers: Annotated[list[str], Field(min_length=1)] = ["nobody"]
    doors: Annotated[list[Door], Field(min_length=1)] = list(Door)
    gpc: bool = False
    bare: bool = False
    """Whether the browser sends no Sec-Fetch headers, as on plain http and in many HARs."""
    one_page: bool = False
    """Whether the HAR lists one page alone, by the last address that was opened, as Safari's "preserve log" does."""
    redacted: bool = False
    """Whether the values of cookies were taken out of the capture."""
    policy: str = ""
    wrong: str | None = None
    """Why the verdicts are known to be wrong. The truth stays as it is."""
    steps: Annotated[list[Step], Field(min_length=1)]


@dataclass(frozen=True)
class Scenario:
    """One story with one consent manager."""

    id: str
    manager: str
    story: Story

    @property
    def truths(self) -> list[Truth]:
        """Of each act, in order."""
        found: list[Truth] = []
        for step in self.story.steps:
            if isinstance(step.truth, dict):
                found += step.truth.values()
            elif step.truth is not None:
                found.append(step.truth)
        return found

    @property
    def clean(self) -> bool:
        """Whether everything that is done in it has consent, or needs none."""
        return set(self.truths) == {Truth.HAD}

    @property
    def windows(self) -> int:
        return len({step.window for step in self.story.steps})

    @property
    def law(self) -> str:
        """The law's default, and whether the browser sends Global Privacy Control."""
        return f"{self.story.regime}, with GPC" if self.story.gpc else str(self.story.regime)


def scenarios() -> Iterator[Scenario]:
    """Every scenario of the folder, in order of file and place.

    Raises:
        pydantic.ValidationError: for a story that is none.
    """
    for file in sorted(FOLDER.glob("*.toml")):
        for name, told in tomllib.loads(file.read_text(encoding="utf-8")).items():
            story = Story.model_validate(told)
            for manager in story.managers:
                yield Scenario(name if len(story.managers) == 1 else f"{name}-{manager}", manager, story)
