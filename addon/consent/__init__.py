"""Exchange -> Signal; signals -> Timeline. Says what was chosen, and never blames."""
