"""Files -> exchanges. A file's format is recognised by its content, not by its name."""

from .capture import CaptureError, CaptureFile, Unreadable
from .recognition import open_capture

__all__ = ["CaptureError", "CaptureFile", "Unreadable", "open_capture"]
