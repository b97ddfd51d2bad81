"""Records -> SQLite. Writes, and never decides."""

from .database import Database
from .recognition import DatabaseError, recognise, require_database
from .redaction import Redactor
from .rows import RowMaker
from .writer import BackgroundWriter, lost_records

__all__ = [
    "BackgroundWriter",
    "Database",
    "DatabaseError",
    "Redactor",
    "RowMaker",
    "lost_records",
    "recognise",
    "require_database",
]
