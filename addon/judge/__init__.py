"""Facts and a timeline -> violations. Judges what was decoded elsewhere, and parses nothing itself."""
