"""JSON as a tree of HTML."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasette_plugins.views.parts.jsontree import tree

anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | anything,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(anything, inner, max_size=4),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(json_values)
def test_no_json_becomes_markup(value: object) -> None:
    html = str(tree({"x": value, "<b>": ["<script>", value]}))
    assert "<script>" not in html
    assert "<b>" not in html
    assert html.count("<details") == html.count("</details>")
    assert html.count("<li>") == html.count("</li>")
