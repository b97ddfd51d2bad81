"""The reading room: what a database says, read once for every face (pages, reports, terminal)."""
