"""A catalogue file can have the probe ask for a state, and can have it do nothing else."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from vendor_catalog import ScriptApi, banner_words
from vendor_catalog.words import BannerWords


def api(**more: object) -> ScriptApi:
    return ScriptApi.model_validate({"format": "klaro", "sources": ["x"], **more})


@pytest.mark.parametrize(
    "path", ["A.b", "A.getB().*.c", "A.*id.b", "A.isB()", "A.getManager(config).b", "$a._b", "A.IsOpen()"]
)
def test_a_path_leads_through_names_and_getters(path: str) -> None:
    assert api(window_paths={"x": path}).window_paths == {"x": path}


@pytest.mark.parametrize(
    "path",
    [
        "A.acceptAll()",
        "A.setConsent()",
        "A.submit()",
        "issue()",
        "A.b(1)",
        "A['b']",
        "A.b;alert()",
        "",
        "A..b",
        "getX('a')",
        "A.getter()",
    ],
)
def test_a_path_calls_nothing_that_could_change_a_state(path: str) -> None:
    with pytest.raises(ValidationError):
        api(window_paths={"x": path})


@pytest.mark.parametrize("path", ["A.acceptAll", "A.acceptAll().on", "setItem", "eval", "A.addCookie"])
def test_a_listener_is_given_to_nothing_else_than_what_takes_one(path: str) -> None:
    with pytest.raises(ValidationError):
        api(listeners=[{"path": path}])


def test_the_words_of_banners_hold() -> None:
    words = banner_words()
    assert len(words) > 10
    assert all(word == word.lower() for each in words.values() for word in (*each.about, *each.buttons))


@pytest.mark.parametrize("word", ["a(b", "a|b", "Accept", "x ", ".*", "[a]", "a\\b"])
def test_a_word_is_plain_text(word: str) -> None:
    with pytest.raises(ValidationError):
        BannerWords(about=[word], buttons=["ok"])
