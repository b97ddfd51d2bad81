"""The commands, a module for each group of them. Each is thin: it reads its options, calls what does the work, and says what
happened."""
