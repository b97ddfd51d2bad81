"""Any one thing, decoded: by the command, which says what it tried."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from addon import decoding
from addon.cli import main
from tests.addon.decode.test_posthog import captured
from tests.addon.decode.test_rudderstack import message as rudderstack
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


def test_decode_of_a_gpp_string_has_the_promised_keys() -> None:
    result = run("--json", "DBACTMA~1YYN~BAQAAABA.QA")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["kind"] == "GPP string"
    assert document["section_ids"] == [6, 8]
    assert document["sections"]["uspv1"] == {"Version": 1, "Notice": "Y", "OptOutSale": "Y", "LspaCovered": "N"}
    assert document["sections"]["usca"]["SaleOptOut"] == 1
    assert document["sections"]["usca"]["Gpc"] is False
    assert document["opt_outs"] == {
        "uspv1": {"sale": True, "sharing": None, "targeted_advertising": None, "gpc": None},
        "usca": {"sale": True, "sharing": None, "targeted_advertising": None, "gpc": False},
    }
    assert document["unread"] == {}


def test_a_tc_string_in_a_gpp_string_is_told_as_one_alone() -> None:
    tc_string = "CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA"
    alone = json.loads(run("--json", tc_string).stdout)
    within = json.loads(run("--json", f"DBABMA~{tc_string}").stdout)
    assert within["sections"] == {"tcfeuv2": {name: value for name, value in alone.items() if name != "kind"}}
    assert within["opt_outs"] == {}


def test_a_section_that_is_not_read_is_named() -> None:
    document = json.loads(run("--json", "DBABjw~CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA~1YNN").stdout)
    assert document["section_ids"] == [5, 6]
    assert document["sections"]["tcfcav1"] == {}
    assert document["unread"] == {"tcfcav1": "44 characters"}


def test_the_sections_of_a_gpp_string_have_a_row_each() -> None:
    lines = run("DBACTMA~1YYN~BAQAAABA.QA").stdout.splitlines()
    (national,) = (line for line in lines if line.startswith("sections.uspv1"))
    (california,) = (line for line in lines if line.startswith("opt_outs.usca"))
    assert '"OptOutSale": "Y"' in national
    assert '"sale": true' in california
    assert any(line.split() == ["section_ids", "[6,", "8]"] for line in lines)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("1YYN", {"version": 1, "applicable": True, "notice": True, "opted_out": True, "lspa": False}),
        ("1---", {"version": 1, "applicable": False, "notice": None, "opted_out": None, "lspa": None}),
        ("1~1.35", {"version": 1, "consented": [1, 35], "disclosed": None}),
        ("2~35.1~dv.9", {"version": 2, "consented": [1, 35], "disclosed": [9]}),
        ("2%7E%7Edv.", {"version": 2, "consented": [], "disclosed": []}),
    ],
)
def test_decode_of_the_short_strings(text: str, fields: dict[str, object]) -> None:
    document = json.loads(run("--json", text).stdout)
    assert document.pop("kind") in {"US Privacy string", "AC string"}
    assert document == fields


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA", "TC string"),
        ("DBABLA~CEAVAAAAAABA.YA", "usnat"),
        ("DBABLA%7ECEAVAAAAAABA.YA", "GPP string"),
        ("1YNN", "US Privacy string"),
        ("2~1.35.41.101~dv.9.21.81", "AC string"),
        ("CookieConsent={stamp:'x',necessary:true,preferences:false,statistics:true,marketing:false}", "Cookiebot"),
        (json.dumps(track()), "Order Completed"),
        (json.dumps({"batch": [track(), track(messageId="2")], "writeKey": "wk"}), "Segment body"),
        (json.dumps(track(event="cut \ud83d")), "cut ?"),
        (json.dumps({"batch": [rudderstack()]}), "RudderStack body"),
        (json.dumps([captured()]), "PostHog body"),
    ],
    ids=[
        *("tcf", "gpp", "gpp, encoded", "us privacy", "ac", "cookie", "message", "batch", "half a character"),
        *("rudderstack", "posthog"),
    ],
)
def test_decode_recognises_what_it_is_given(text: str, expected: str, form: list[str]) -> None:
    for result in (run(*form, text), run(*form, "-", input=f"\n {text}\n")):
        assert result.exit_code == 0
        assert expected in result.stdout
        if form:
            json.loads(result.stdout)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "nothing was given"),
        ("  ", "nothing was given"),
        ("hello", "not a TC string"),
        ("hello", "not a GPP string (DB...)"),
        ("DBABLA~CEAV", "not a GPP string (section usnat: ends within SensitiveDataProcessing"),
        ("1YXN", "not a US Privacy string ('X' for opt-out"),
        ("2~1.35", "not an AC string (version 2 without its two lists"),
        ("unknown=1", "no consent manager in the catalogue keeps its answer in a cookie 'unknown'"),
        ("unknown=1", "no reader for this name"),
        ("Consent=1", "no reader for this name"),
        ("CAnything=1; other=2", "keeps its answer in a cookie 'CAnything', 'other'"),
        ("osano_consentmanager=x", "Osano: nobody can read it: it is encrypted"),
        ("{", "not a JSON body"),
        ("[]", "not a JSON body"),
        ("{}", "JSON, but no message of a CDP"),
        ("CookieConsent=[red]", "the cookie CookieConsent could not be read"),
        ("[" * 100_000, "not a JSON body"),
    ],
    ids=lambda it: it[:12],
)
def test_decode_says_what_it_tried(text: str, expected: str) -> None:
    assert expected in refused(text)
    assert expected in refused("--json", text)


def test_every_cookie_that_analysis_reads_is_decoded_or_said_to_be_unreadable() -> None:
    catalogue = shipped_catalogue()
    names = {
        name
        for manager in catalogue.consent_managers.values()
        for cookie in manager.cookies
        for name in (cookie.name or f"{cookie.prefix}x", *cookie.companions)
    }
    for name in names:
        try:
            assert decoding.decode(f"{name}=1", catalogue).fields
        except decoding.Undecodable as error:
            assert "no reader" not in str(error), name
            assert name in str(error)


def test_a_cookie_that_is_read_beside_another_says_which() -> None:
    document = json.loads(run("--json", "OptanonAlertBoxClosed=2026-05-01T00:00:00.000Z").stdout)
    assert document["kind"] == "cookie that is read beside OptanonConsent"
    assert document["read_beside"] == ["OptanonConsent of OneTrust / CookiePro"]


@pytest.mark.parametrize(
    "text", ["cmapi_gtm_bl=; notice_preferences=1:", "Cookie: a=b; notice_preferences=1:; cmapi_gtm_bl="]
)
def test_the_cookies_of_a_request_are_decoded_together(text: str) -> None:
    document = json.loads(run("--json", text).stdout)
    assert document["kind"] == "consent cookie of TrustArc"
    assert document["marketing"] is True  # no tag is blocked, so that nothing was refused


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
        st.text(alphabet="ABLcv0129YN-_.~").map(lambda rest: f"DB{rest}"),
        st.text(alphabet="12~dv.9YN-"),
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


def test_the_events_of_a_body_are_told_one_by_one() -> None:
    output = run("-", input=json.dumps({"batch": [track(), track()], "writeKey": "k"})).stdout
    assert re.search(r"events 1 +type +track", output)
    assert re.search(r"events 2 +type +track", output)
    assert '{"type"' not in output
