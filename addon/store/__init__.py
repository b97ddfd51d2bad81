"""Records -> SQLite. Writes, and never decides."""

from .database import Database
from .recognition import DatabaseError, recognise
from .redaction import Redactor
from .rows import RowMaker
from .writer import BackgroundWriter, lost_records

__all__ = ["BackgroundWriter", "Database", "DatabaseError", "Redactor", "RowMaker", "lost_records", "recognise"]
