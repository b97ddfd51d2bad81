"""JSON of any shape, made of the words that a decoder looks for."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from addon.jsontext import Json


def scalars_of(words: Sequence[str]) -> st.SearchStrategy[Json]:
    return (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.sampled_from(words)
        | st.text(st.characters(), max_size=8)
    )


def documents_of(words: Sequence[str], keys: Sequence[str]) -> st.SearchStrategy[Json]:
    """Values, lists and objects in each other; most keys are of the given ones."""
    return st.recursive(
        scalars_of(words),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(keys) | st.text(max_size=4), inner, max_size=7)
        ),
        max_leaves=25,
    )
