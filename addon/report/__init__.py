"""What a database says, for terminals, machines and CI; a module for each format is in ``addon.report.formats``."""
