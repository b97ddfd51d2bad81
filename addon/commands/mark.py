"""What the tester did, said to a running capture."""

from .capturing import mark

COMMAND, PLACE = mark, 60
