"""What is judged: an act of the site or app, at a moment, with what it needs consent for.

Each module has the acts of one subject and is imported by its own name, so that a new act is a class there or a module more, and
nothing lists it.
"""
