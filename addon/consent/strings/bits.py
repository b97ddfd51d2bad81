"""Numbers written bit by bit in base64url, as the IAB's consent strings are: big-endian, from the most significant bit.

Read strictly: what is short, of another alphabet, or followed by anything but zeros is an error, never a guess.
"""

from __future__ import annotations

from typing import ClassVar

_ALPHABET = {
    letter: value for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
_LONGEST_FIBONACCI = 24
"""Bits of a Fibonacci number, its last included; 24 reach 75,024, more than any id in use."""


class Bits:
    """Reads from the front; every read past the end is an error.

    Args:
        segment: base64url without padding characters.
        name: what the segment is called in errors.

    Raises:
        ValueError: of the class that ``error`` names, by the constructor and by every method.
    """

    error: ClassVar[type[ValueError]] = ValueError

    def __init__(self, segment: str, name: str) -> None:
        self._name = name
        self._size = 6 * len(segment)
        self._position = 0
        number = 0
        for index, letter in enumerate(segment):
            value = _ALPHABET.get(letter)
            if value is None:
                raise self.error(f"{name}: {letter!r} at character {index} is no base64url")
            number = number << 6 | value
        self._number = number

    def integer(self, width: int, field: str) -> int:
        end = self._position + width
        if end > self._size:
            raise self.error(f"{self._name}: ends within {field} (has {self._size} bits, needs {end})")
        self._position = end
        return self._number >> (self._size - end) & ((1 << width) - 1)

    def flag(self, field: str) -> bool:
        return self.integer(1, field) == 1

    def ids(self, width: int, field: str) -> frozenset[int]:
        """A bitfield whose first bit is id 1."""
        bits = self.integer(width, field)
        return frozenset(index + 1 for index in range(width) if bits >> (width - 1 - index) & 1)

    def fibonacci(self, field: str) -> int:
        """A number from 1 in Fibonacci code: a bit for each of 1, 2, 3, 5, 8 ..., lowest first, ended by a second 1 in a
        row (GPP, "Fibonacci Encoding")."""
        total, weight, next_weight, before = 0, 1, 2, False
        for _ in range(_LONGEST_FIBONACCI):
            bit = self.flag(field)
            if bit and before:
                return total
            total += weight if bit else 0
            weight, next_weight, before = next_weight, weight + next_weight, bit
        raise self.error(f"{self._name}: {field} has a number beyond any in use")

    def finish(self) -> bool | None:
        """What remains is padding, and padding is zero.

        Returns:
            Whether the segment is padded to whole bytes before it is padded to whole characters: ``None`` if that makes no
            difference to its length.
        """
        rest = self._size - self._position
        if self._number & ((1 << rest) - 1):
            raise self.error(f"{self._name}: {rest} bits follow its last field and are not zero")
        by_character, by_byte = -(-self._position // 6), -(-self._position // 8) * 8
        if -(-by_byte // 6) == by_character:
            return None
        return self._size > 6 * by_character
