"""Exchange -> Signal; signals -> Timeline. States what was chosen, and never judges."""
