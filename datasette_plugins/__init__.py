"""Pages over a consentwire database, for Datasette 0.65.

``pages.py`` and ``metadata.py`` are all that Datasette itself loads. Behind them, one direction: ``plugin`` (Datasette's
hooks, the guard, errors, links) asks ``views`` (one module a page, each declaring itself as ``plugin/page.py`` says), which ask
``drawing`` (states and acts -> geometry) and ``addon.findings`` (what the database says, and how it is said to people). Nothing here
decodes, judges or queries consent.
"""
