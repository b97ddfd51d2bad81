"""Words by language: of consent banners that nobody the catalogue knows has made, and of testers who say what they did."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

_Word = Annotated[
    str, StringConstraints(pattern=r"^[^\W\d_A-Z][^\W\d_A-Z' ]*( [^\W\d_A-Z']+|'[^\W\d_A-Z]+)*$", min_length=2)
]


class BannerWords(BaseModel):
    """One language's words, in lower case; plain text, so that they can be parts of a regular expression."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    about: Annotated[list[_Word], Field(min_length=1)]
    """What its text speaks of."""
    buttons: Annotated[list[_Word], Field(min_length=1)]
    """How the buttons begin by which it is answered."""


class MarkWords(BaseModel):
    """One language's words for what can be done with a banner, in lower case."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    accepted: Annotated[list[_Word], Field(min_length=1)]
    """How words begin that say that everything was granted."""
    rejected: Annotated[list[_Word], Field(min_length=1)]
    """Likewise, that everything was refused."""
    withdrew: Annotated[list[_Word], Field(min_length=1)]
    """Likewise, that a grant was taken back."""
    hedges: Annotated[list[str], Field(min_length=1)]
    """Whole words that turn it round or narrow it."""


@lru_cache(maxsize=1)
def banner_words() -> dict[str, BannerWords]:
    """Language -> its words.

    Raises:
        ValidationError: if the file that ships does not hold.
    """
    return _read(BannerWords, "banner_words.toml")


@lru_cache(maxsize=1)
def mark_words() -> dict[str, MarkWords]:
    """Language -> its words.

    Raises:
        ValidationError: if the file that ships does not hold.
    """
    return _read(MarkWords, "mark_words.toml")


def _read[Words: BaseModel](shape: type[Words], name: str) -> dict[str, Words]:
    text = resources.files("vendor_catalog").joinpath(name).read_text(encoding="utf-8")
    return TypeAdapter(dict[str, shape]).validate_python(tomllib.loads(text))  # type: ignore[valid-type]
