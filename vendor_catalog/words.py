"""The words by which a consent banner of nobody the catalogue knows is recognised, by language."""

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


@lru_cache(maxsize=1)
def banner_words() -> dict[str, BannerWords]:
    """Language -> its words.

    Raises:
        ValidationError: if the file that ships does not hold.
    """
    text = resources.files("vendor_catalog").joinpath("banner_words.toml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, BannerWords]).validate_python(tomllib.loads(text))
