"""A file that shows that a process is alive: the process holds a lock on it, which the system releases when the process ends.

A number of a process may be somebody else's by now, and an empty column says nothing of who died; a lock that is held is held.
Several processes may hold one file at a time. On Windows, where locks are not shared, each takes a byte of its own, beyond
what is written.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

if sys.platform == "win32":
    import msvcrt

    _FIRST, _HOLDERS = 1 << 30, 8

    def _hold(file: int) -> None:
        for place in range(_HOLDERS):
            os.lseek(file, _FIRST + place, os.SEEK_SET)
            with suppress(OSError):
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
                return
        raise OSError("too many processes hold it")

    def _is_free(file: int) -> bool:
        for place in range(_HOLDERS):
            os.lseek(file, _FIRST + place, os.SEEK_SET)
            try:
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            except OSError:
                return False
            os.lseek(file, _FIRST + place, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_UNLCK, 1)
        return True
else:
    import fcntl

    def _hold(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_SH)

    def _is_free(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held, or a file system that knows no locks: who cannot tell does not call anybody dead
            return False
        fcntl.flock(file, fcntl.LOCK_UN)
        return True


class HeldFile:
    """One process's lock on a file. It ends with :meth:`close`, or with the process."""

    def __init__(self, path: Path) -> None:
        """Holds a file, which is made if it is not there, for its owner alone.

        Raises:
            OSError: if it cannot be made, or the file system knows no locks.
        """
        self.path = path
        while True:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _hold(self._file)
                current = path.stat()
            except FileNotFoundError:  # swept between opening and holding it
                os.close(self._file)
                continue
            except OSError:
                os.close(self._file)
                raise
            if os.path.samestat(current, os.fstat(self._file)):
                return
            os.close(self._file)

    def write(self, content: bytes, *, at: int = 0) -> None:
        """Writes over what stands at a place.

        Raises:
            OSError: if there is no room for it.
        """
        os.lseek(self._file, at, os.SEEK_SET)
        while content:
            content = content[os.write(self._file, content) :]

    def cut(self, size: int) -> None:
        """Cuts the file to so many bytes, and frees the rest."""
        with suppress(OSError):
            os.ftruncate(self._file, size)

    def close(self, *, remove: bool = False) -> None:
        """Releases it.

        Args:
            remove: take the file away, too: nobody else holds it any more, or needs to.
        """
        if self._file < 0:
            return
        if remove and os.name != "nt":
            self.path.unlink(missing_ok=True)
        with suppress(OSError):
            os.close(self._file)
        self._file = -1
        if remove and os.name == "nt":
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_held(path: Path) -> bool:
    """Whether a living process holds a file. What cannot be opened, because it is somebody else's, counts as held."""
    try:
        file = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        return not _is_free(file)
    finally:
        os.close(file)
