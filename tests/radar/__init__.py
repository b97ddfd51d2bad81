"""What the newest libraries of others know and consentwire does not: sections, consent managers, settings, metrics, versions.

    python -m tests.radar

installs them from npm into a folder that is thrown away, and lists the differences. ``reviewed.toml`` says what somebody has looked
at and decided to leave.
"""
