"""consentwire: which Segment and destination calls had no matching consent, and how we know."""

__version__ = "0.1.0"
