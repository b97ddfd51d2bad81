"""What a database says, for terminals, machines and CI; a module for each format is in ``addon.report.formats``."""

from .findings import Finding, Gap, Report, read_report

__all__ = ["Finding", "Gap", "Report", "read_report"]
