"""TC strings as consent managers wrote them."""

from __future__ import annotations

from datetime import UTC, datetime

REFUSED = "CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA"
BANNER_OPEN = "CQgcD4AQgcD4AEsABBENCxFgAAAAAEPgAAYgAAALzgAgLzAA.IF5wAgAtgLzA"
ACCEPTED = "CQgcD4AQgcD4AEsABBENCxFoAP_gAEPgAAYgF5wAgAtgLzAAAAAA.IF5wAgAtgLzA"
SOME = "CQgcD4AQgcD4AEsABBENCxFgAIGAAAAAAAYgF5wAQF5gAAAA.IF5wAgAtgLzA"
IN_THE_SPECIFICATION = "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
