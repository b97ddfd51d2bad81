"""The terminal of a live capture. It may be closed, or be a file on a full disk; neither may end the capture half-way."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


class PatientOutput:
    """An output that drops what it cannot write instead of raising an error, because mitmproxy would end its process at once."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._output.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._output.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._output, name)


@contextmanager
def patient_output() -> Iterator[None]:
    """Both outputs of this process, patient for a while."""
    outputs = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = PatientOutput(sys.stdout), PatientOutput(sys.stderr)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = outputs
