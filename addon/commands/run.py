"""A capture, live."""

from .capturing import run

COMMAND, PLACE = run, 20
