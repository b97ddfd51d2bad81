"""What is known of a capture beforehand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptureTraits:
    """What a door knows about its capture that decides how far it can be believed."""

    live: bool = False
    """Whether verdicts are given out while it runs, and moved as evidence arrives."""
    cookies_visible: bool = True
    """False if cookies were stripped, as browsers do when they export a HAR."""
    one_clock: bool = False
    """Whether the page's clock is the capture's: a browser's own HAR."""
