"""Timelines and acts -> geometry. Pure: times in seconds and lengths in pixels go in, shapes come out."""
