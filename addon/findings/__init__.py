"""The one room that reads a database, below every face: pages, reports, the terminal and the observation backend.

It reads what the pipeline judged and stored, and never judges again. ``query`` opens and asks, ``rows`` has the rows that several faces
show, ``gravity`` the order in which they are shown; ``consent``, ``acts``, ``events``, ``vendors``, ``sessions``, ``violations`` and
``overview`` have what belongs together; ``sentences``, ``steps``, ``ticket`` and ``suppression`` say it to people.
"""
