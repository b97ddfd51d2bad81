"""What a database says, for terminals, machines and CI. One module per format; each has a ``render``."""

from .findings import Finding, Gap, Report, read_report

__all__ = ["Finding", "Gap", "Report", "read_report"]
