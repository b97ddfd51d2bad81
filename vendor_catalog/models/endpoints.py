"""Addresses: those of vendors, and those to which a consent manager records a choice."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from .facts import CallKind, Fact, NonEmpty, Region, Sources

SCRIPT: Final = "SCRIPT"
"""In the place of a method: a GET by which a script is fetched."""
_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


type Pattern = Annotated[str, AfterValidator(_compilable)]
"""A regular expression."""


class Endpoint(Fact):
    """Addresses of one vendor that serve one purpose."""

    kind: CallKind
    host: NonEmpty
    """An exact host, or ``*.example.com`` for every host below example.com (not example.com itself), or ``*`` for any
    host, which then needs ``segment`` or ``parameter``."""
    path: Pattern = "^/"
    """Regular expression, searched in the path without its query."""
    query: Pattern | None = None
    """Regular expression, searched in the raw query; absent means any query, or none."""
    segment: Annotated[NonEmpty, StringConstraints(pattern=r"^[^/]+$")] | None = None
    """For host ``*``: a literal part of the path between slashes, by which the address is looked up."""
    parameter: Annotated[NonEmpty, StringConstraints(pattern=r"^[A-Za-z0-9_]+$")] | None = None
    """For host ``*``, where the site chooses the whole path: a parameter of the query, by which the address is looked up. It needs a
    ``query`` that names more than this one parameter, or a script: one alone may be anybody's."""
    methods: Annotated[list[Literal["GET", "POST", "PUT", "HEAD", "SCRIPT"]], Field(min_length=1)] | None = None
    """Request methods; absent means any but OPTIONS, which never reaches a vendor's data. ``SCRIPT`` stands for a GET by which a
    script is fetched, as ``Sec-Fetch-Dest`` or the answer's content type says."""
    regions: list[Region] = []
    """Where the hosts are known to process what they are sent: ``eu``, or a country by its two letters (``us``, ``au``). Absent
    means that it is not known, not that it is nowhere."""
    note: str | None = None
    sources: Sources
    matches: Annotated[list[NonEmpty], Field(min_length=1)]
    """Addresses that must match, as ``https://host/path?query``, or ``METHOD https://...`` (``SCRIPT https://...``)."""
    rejects: Annotated[list[NonEmpty], Field(min_length=1)]
    """Addresses that must not match this endpoint."""

    @field_validator("host")
    @classmethod
    def _host_is_plain(cls, host: str) -> str:
        if host != "*" and not _HOST.fullmatch(host):
            raise ValueError("expected 'host.example', '*.host.example' or '*', in lower case")
        return host

    @model_validator(mode="after")
    def _any_host_needs_a_segment(self) -> Self:
        if (self.host == "*") != ((self.segment is None) != (self.parameter is None)):
            raise ValueError(
                "host '*' goes with 'segment' or 'parameter', and only with it: that is how any-host facts are found"
            )
        if self.parameter is not None and self.query is None:
            raise ValueError("'parameter' needs a 'query': a parameter's name alone may be anybody's")
        return self

    @cached_property
    def _path_pattern(self) -> re.Pattern[str]:
        return re.compile(self.path)

    @cached_property
    def _query_pattern(self) -> re.Pattern[str] | None:
        return None if self.query is None else re.compile(self.query)

    def accepts(self, method: str, path: str, query: str) -> bool:
        """Whether a request to one of this endpoint's hosts belongs to it. Host and segment are the index's work."""
        if method == "OPTIONS" or (self.methods is not None and not self._takes(method, self.methods)):
            return False
        if self._path_pattern.search(path) is None:
            return False
        return self._query_pattern is None or self._query_pattern.search(query) is not None

    @staticmethod
    def _takes(method: str, methods: Collection[str]) -> bool:
        return method in methods or (method == SCRIPT and "GET" in methods)


class RecordingCall(Fact):
    """A request by which a consent manager records a choice at the moment it is made."""

    host: NonEmpty
    """An exact host, or ``*.example.com`` for every host below example.com, or ``*`` for the visited site's own, which then needs
    ``segment``."""
    segment: Annotated[NonEmpty, StringConstraints(pattern=r"^[^/]+$")] | None = None
    """For host ``*``: the last part of the path, by which the address is looked up."""
    path: Pattern
    format: NonEmpty
    sources: Sources
    matches: Annotated[list[NonEmpty], Field(min_length=1)]
    rejects: Annotated[list[NonEmpty], Field(min_length=1)]

    @model_validator(mode="after")
    def _any_host_needs_a_segment(self) -> Self:
        if (self.host == "*") != (self.segment is not None):
            raise ValueError("host '*' and 'segment' go together: the path's last part is how any-host facts are found")
        return self

    @cached_property
    def _path_pattern(self) -> re.Pattern[str]:
        return re.compile(self.path)

    def accepts(self, path: str) -> bool:
        return self._path_pattern.search(path) is not None
