"""What every fact of a catalogue file has in common: its strictness, its sources, and the words that facts share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Category(StrEnum):
    """The four consent categories that every consent manager's own categories map onto."""

    NECESSARY = "necessary"
    FUNCTIONAL = "functional"
    ANALYTICS = "analytics"
    MARKETING = "marketing"

    __hash__ = str.__hash__  # an enum's own is written in Python, and this is part of many keys


class CallKind(StrEnum):
    """What a request to a vendor is for."""

    COLLECT = "collect"
    LIBRARY = "library"
    CONFIG = "config"
    CONSENT = "consent"

    __hash__ = str.__hash__  # an enum's own is written in Python, and this is part of many keys


Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
NonEmpty = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Sources = Annotated[list[NonEmpty], Field(min_length=1)]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class Fact(BaseModel):
    """One table of a catalogue file."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
