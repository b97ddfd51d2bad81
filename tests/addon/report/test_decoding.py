"""Any one thing, decoded: by the command, which says what it tried."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.cli import main
from addon.report import decoding
from tests.addon.readers.samples import track
from vendor_catalog import shipped_catalogue


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str, input: bytes | str | None = None) -> Result:
    result = CliRunner().invoke(main, ["decode", *arguments], input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_decode_of_a_tc_string_has_the_promised_keys() -> None:
    result = run("--json", "CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA")
    assert result.exit_code == 0
    promised = (
        "cmp_id language service_specific last_updated vendor_list_version policy_version purposes legitimate_interests"
        " special_features vendors vendors_li disclosed"
    )
    document = json.loads(result.stdout)
    assert document["kind"] == "TC string"
    assert set(promised.split()) <= set(document)


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA", "TC string"),
        ("CookieConsent={stamp:'x',necessary:true,preferences:false,statistics:true,marketing:false}", "Cookiebot"),
        (json.dumps(track()), "Order Completed"),
        (json.dumps({"batch": [track(), track(messageId="2")], "writeKey": "wk"}), "Segment body"),
        (json.dumps(track(event="cut \ud83d")), "cut ?"),
    ],
    ids=["tcf", "cookie", "message", "batch", "half a character"],
)
def test_decode_recognises_what_it_is_given(text: str, told: str, form: list[str]) -> None:
    for result in (run(*form, text), run(*form, "-", input=f"\n {text}\n")):
        assert result.exit_code == 0
        assert told in result.stdout
        if form:
            json.loads(result.stdout)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "nothing was given"),
        ("  ", "nothing was given"),
        ("hello", "not a TC string"),
        ("unknown=1", "no consent manager in the catalogue keeps its answer in a cookie 'unknown'"),
        ("{", "not a JSON body"),
        ("[]", "not a JSON body"),
        ("{}", "JSON, but no Segment message"),
        ("CookieConsent=[red]", "the cookie CookieConsent could not be read"),
        ("[" * 100_000, "not a JSON body"),
    ],
    ids=lambda it: it[:12],
)
def test_decode_says_what_it_tried(text: str, told: str) -> None:
    assert told in refused(text)
    assert told in refused("--json", text)


def test_decode_takes_any_bytes_from_stdin() -> None:
    result = run("-", input=b"\xff\xfe\x00{")
    assert result.exit_code == 2
    assert "not a TC string" in result.stderr


_COOKIES = [
    cookie.name or f"{cookie.prefix}x"
    for manager in shipped_catalogue().consent_managers.values()
    for cookie in manager.cookies
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text() | st.sampled_from(["batch", "type", "messageId", "context", "consent", "integrations", "event"]),
            inner,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(
    text=st.one_of(
        st.text(st.characters(codec=None)),
        _JSON.map(json.dumps),
        st.tuples(st.sampled_from(_COOKIES), st.text() | _JSON.map(json.dumps)).map("=".join),
        st.text(alphabet="ABCDEPabcdef0123456789-_."),
    )
)
def test_whatever_is_given_is_decoded_or_refused(text: str) -> None:
    try:
        decoded = decoding.decode(text, shipped_catalogue())
    except decoding.Undecodable as error:
        assert str(error)
        return
    decoding.as_json(decoded).encode("utf-8")
    decoding.as_table(decoded)


def test_control_characters_do_not_reach_the_terminal() -> None:
    result = run(json.dumps(track(event="\x1b[2J", writeKey="\x1b]0;x\x07")))
    assert result.exit_code == 0
    assert "\x1b" not in result.output
