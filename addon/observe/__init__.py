"""The observation backend: what a browser extension, the in-page probe and the tester talk to, served inside the proxy.

It answers at ``http://consentwire.internal/`` (the phone page, marks, results) and, for the probe in pages, at the same-origin
path ``/.consentwire/`` of every proxied site. Nothing here judges: a report that is let in goes on as an exchange like any
other, and the pipeline makes signals of it.
"""
