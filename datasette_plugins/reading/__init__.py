"""SQL -> dataclasses. Every function takes one read connection, and values only ever as parameters."""
