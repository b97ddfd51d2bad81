"""Pieces that several pages have: the picture of a session, and JSON as text that folds."""
