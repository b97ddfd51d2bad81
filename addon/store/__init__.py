"""Records -> SQLite. Writes, and never decides."""

from .database import Database
from .losses import lost_records
from .progress import Progress
from .recognition import DatabaseError, recognise, require_database
from .redaction import Redactor
from .rows import RowMaker
from .running_captures import Lag, RunningCapture, is_running, lag_of
from .writer import BackgroundWriter, Loss

__all__ = [
    "BackgroundWriter",
    "Database",
    "DatabaseError",
    "Lag",
    "Loss",
    "Progress",
    "Redactor",
    "RowMaker",
    "RunningCapture",
    "is_running",
    "lag_of",
    "lost_records",
    "recognise",
    "require_database",
]
