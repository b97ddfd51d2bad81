"""The exit codes of every command: what a shell or a CI job reads."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's end means."""

    CLEAN = 0
    """Nothing was found at or above the level of --fail-on, and every capture was judged."""
    FOUND = 1
    """Something was found at or above the level of --fail-on."""
    BAD_INPUT = 2
    """The input, or the way the command was called, cannot be used."""
    UNPROVEN = 3
    """Nothing was found, but that proves nothing: nothing of a capture could be judged, a part of it was lost, or it has not
    ended."""
    INTERRUPTED = 130
    """Ended by Ctrl-C, as shells have it."""
