"""Pages over a consentwire database, for Datasette 0.65.

``pages.py`` and ``metadata.py`` are all that Datasette itself loads. Behind them, one direction: ``plugin`` (Datasette's
hooks, the guard, errors, links) asks ``views`` (one module a page, each declaring itself as ``plugin/page.py`` says), which ask
``reading`` (SQL -> dataclasses), ``drawing`` (timelines -> geometry) and ``wording`` (facts -> sentences).
"""
