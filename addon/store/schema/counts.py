"""The table ``violation_counts`` follows the table ``violations`` by triggers: whoever writes, and however, the counts are exact, and
no list has to be counted through to know them."""

from __future__ import annotations

_KEYS = ("fingerprint", "cause", "session_id", "phase", "verdict")


def _values(row: str) -> str:
    return ", ".join([*(f"{row}.{name}" for name in _KEYS), f"{row}.suppressed IS NOT NULL"])


def _same(row: str) -> str:
    wanted = [f"{name} = {row}.{name}" for name in _KEYS]
    return " AND ".join([*wanted, f"suppressed = ({row}.suppressed IS NOT NULL)"])


_ONE_MORE = f"""
INSERT INTO violation_counts ({", ".join(_KEYS)}, suppressed, violations) VALUES ({_values("new")}, 1)
ON CONFLICT ({", ".join(_KEYS)}, suppressed) DO UPDATE SET violations = violations + 1;
"""
_ONE_LESS = f"""
UPDATE violation_counts SET violations = violations - 1 WHERE {_same("old")};
DELETE FROM violation_counts WHERE {_same("old")} AND violations <= 0;
"""
TRIGGERS = (
    f"CREATE TRIGGER violations_added AFTER INSERT ON violations BEGIN {_ONE_MORE} END",
    f"CREATE TRIGGER violations_removed AFTER DELETE ON violations BEGIN {_ONE_LESS} END",
    f"CREATE TRIGGER violations_changed AFTER UPDATE ON violations WHEN ({_values('old')}) <> ({_values('new')})"
    f" BEGIN {_ONE_LESS} {_ONE_MORE} END",
)
"""SQL that makes them."""
