"""Addresses: those of vendors, and those to which a consent manager records a choice."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from .facts import CallKind, Fact, NonEmpty, Region, Sources

_HOST = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+")


def _compilable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


class Endpoint(Fact):
    """Addresses of one vendor that serve one purpose."""

    kind: CallKind
    host: NonEmpty
    """An exact host, or ``*.example.com`` for every host below example.com (not example.com itself), or ``*`` for any
    host, which then needs ``segment``."""
    path: str = "^/"
    """Regular expression, searched in the path without its query."""
    query: str | None = None
    """Regular expression, searched in the raw query; absent means any query, or none."""
    segment: Annotated[NonEmpty, StringConstraints(pattern=r"^[^/]+$")] | None = None
    """For host ``*``: a literal part of the path between slashes, by which the address is looked up."""
    methods: Annotated[list[Literal["GET", "POST", "PUT", "HEAD"]], Field(min_length=1)] | None = None
    """Request methods; absent means any but OPTIONS, which never reaches a vendor's data."""
    regions: list[Region] = []
    """Where the hosts are known to process what they are sent: ``eu``, or a country by its two letters (``us``, ``au``). Absent
    means that it is not known, not that it is nowhere."""
    note: str | None = None
    sources: Sources
    matches: Annotated[list[NonEmpty], Field(min_length=1)]
    """Addresses that must match, as ``https://host/path?query`` or ``METHOD https://...``."""
    rejects: Annotated[list[NonEmpty], Field(min_length=1)]
    """Addresses that must not match this endpoint."""

    @field_validator("path")
    @classmethod
    def _path_compiles(cls, pattern: str) -> str:
        return _compilable(pattern)

    @field_validator("query")
    @classmethod
    def _query_compiles(cls, pattern: str | None) -> str | None:
        return pattern if pattern is None else _compilable(pattern)

    @field_validator("host")
    @classmethod
    def _host_is_plain(cls, host: str) -> str:
        if host != "*" and not _HOST.fullmatch(host):
            raise ValueError("expected 'host.example', '*.host.example' or '*', in lower case")
        return host

    @model_validator(mode="after")
    def _any_host_needs_a_segment(self) -> Self:
        if (self.host == "*") != (self.segment is not None):
            raise ValueError(
                "host '*' and 'segment' go together: a literal path segment is how any-host facts are found"
            )
        return self

    @cached_property
    def _path_pattern(self) -> re.Pattern[str]:
        return re.compile(self.path)

    @cached_property
    def _query_pattern(self) -> re.Pattern[str] | None:
        return None if self.query is None else re.compile(self.query)

    def accepts(self, method: str, path: str, query: str) -> bool:
        """Whether a request to one of this endpoint's hosts belongs to it. Host and segment are the index's work."""
        if method == "OPTIONS" or (self.methods is not None and method not in self.methods):
            return False
        if self._path_pattern.search(path) is None:
            return False
        return self._query_pattern is None or self._query_pattern.search(query) is not None


class RecordingCall(Fact):
    """A request by which a consent manager records a choice at the moment it is made."""

    host: NonEmpty
    """An exact host, or ``*.example.com`` for every host below example.com, or ``*`` for the visited site's own, which then needs
    ``segment``."""
    segment: Annotated[NonEmpty, StringConstraints(pattern=r"^[^/]+$")] | None = None
    """For host ``*``: the last part of the path, by which the address is looked up."""
    path: str
    format: NonEmpty
    sources: Sources
    matches: Annotated[list[NonEmpty], Field(min_length=1)]
    rejects: Annotated[list[NonEmpty], Field(min_length=1)]

    @field_validator("path")
    @classmethod
    def _path_compiles(cls, pattern: str) -> str:
        return _compilable(pattern)

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
