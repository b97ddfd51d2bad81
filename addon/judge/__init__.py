"""Facts and a timeline -> violations. Blames, and never parses."""
