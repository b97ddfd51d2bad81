"""Scenarios whose truth is written down before they are judged, and the matrix of that truth against the verdicts.

    python -m tests.accuracy

plays every scenario of ``scenarios/`` through every door and writes ``docs/accuracy.md``.
"""
