"""What is masked, whatever the policy says, and what the policy decides."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.exchange import Headers
from addon.policy import Policy, Storage
from addon.readers import open_capture
from addon.runner import Analysis, analyse_files, open_captures, opened
from addon.store import Redactor
from addon.store.redaction import shape
from tests.addon.readers.samples import NOON, flow, shop, track, write_flows

from .rows_made import query

SECRET_HEADERS = [
    "Authorization",
    "Proxy-Authorization",
    "authorization ",
    "X-Api-Key",
    "api-key",
    "apikey",
    "X-Goog-Api-Key",
    "Ocp-Apim-Subscription-Key",
    "X-Functions-Key",
    "X-Write-Key",
    "X-Auth-Token",
    "X-Auth",
    "X-CSRF-Token",
    "X-XSRF-TOKEN",
    "X-Client-Secret",
    "X-Amz-Security-Token",
    "X-Session-Id",
    "X-Access-Key",
    "X-JWT-Assertion",
    "X-Password",
    "X-Hub-Signature-256",
    "X-Forwarded-Cookie",
]
MODES = [
    {"payloads": payloads, "identifiers": identifiers}
    for payloads, identifiers in itertools.product(("full", "shape", "none"), ("plain", "hashed"))
]


def redactor(key: bytes = b"k", **storage: Any) -> Redactor:
    return Redactor(Storage(**storage), key)


def header(name: str, value: str, **storage: Any) -> str:
    ((_, shown),) = json.loads(redactor(**storage).headers(Headers.from_text([(name, value)])))
    return str(shown)


# --- credentials


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_a_header_that_holds_a_credential_is_masked(name: str) -> None:
    shown = header(name, "s3cr3t-value")
    assert "s3cr3t" not in shown
    assert shown.startswith("‹12 characters, #")


@pytest.mark.parametrize("scheme", ["Basic", "Bearer", "digest"])
def test_the_scheme_of_an_authorization_stays(scheme: str) -> None:
    assert header("authorization", f"{scheme} s3cr3t").startswith(f"{scheme} ‹6 characters, #")


def test_an_unknown_scheme_is_masked_with_the_rest() -> None:
    assert "s3cr3t" not in header("authorization", "s3cr3t and more")


@pytest.mark.parametrize(
    "name", ["content-type", "user-agent", ":authority", "sec-gpc", "etag", "keep-alive", "accept"]
)
def test_other_headers_stay(name: str) -> None:
    assert header(name, "as it is") == "as it is"


def test_cookies_keep_their_names_and_lose_their_values() -> None:
    shown = header("Cookie", "a=s3cr3t; b=s3cr3t;c=other; s3cr3t-alone; d=")
    assert "s3cr3t" not in shown
    assert "other" not in shown
    parts = shown.split("; ")
    assert [part.partition("=")[0] for part in parts[:3]] == ["a", "b", "c"]
    assert parts[0][2:] == parts[1][2:] != parts[2][2:], "equal values can be told from different ones"


def test_a_set_cookie_keeps_its_attributes() -> None:
    shown = header("set-cookie", "sid=s3cr3t; Path=/; HttpOnly; Max-Age=3600")
    assert shown.startswith("sid=‹6 characters, #")
    assert shown.endswith("; Path=/; HttpOnly; Max-Age=3600")


def test_equal_values_get_equal_masks_only_under_the_same_key() -> None:
    assert redactor(b"1").masked("x") == redactor(b"1").masked("x") != redactor(b"2").masked("x")


def test_an_identifier_in_a_header_follows_the_policy() -> None:
    assert header("AnonymousId", "YS0x") == "YS0x"
    assert header("AnonymousId", "YS0x", identifiers="hashed").startswith("‹4 characters, #")


@pytest.mark.parametrize("name", ["Referer", "location"])
def test_addresses_in_headers_lose_their_query_unless_all_is_kept(name: str) -> None:
    url = "https://a.example/b?token=s3cr3t#s3cr3t"
    assert header(name, url) == url
    for payloads in ("shape", "none"):
        assert header(name, url, payloads=payloads) == "https://a.example/b"
        assert header(name, "https://a.example/b#s3cr3t", payloads=payloads) == "https://a.example/b"


# --- payloads


@pytest.mark.parametrize(
    ("query_text", "shown"),
    [
        ("", ""),
        ("a=1&b=&c=x%20y", "a=‹1›&b=‹0›&c=‹3›"),
        ("jane@example.com", "‹16›"),
        ("eyJhIjoxfQ&x=1", "‹10›&x=‹1›"),
    ],
)
def test_a_query_is_kept_by_its_shape(query_text: str, shown: str) -> None:
    assert redactor(payloads="full").query(query_text) == query_text
    assert redactor(payloads="shape").query(query_text) == shown
    assert redactor(payloads="none").query(query_text) == ""


@given(query_text=st.text())
def test_no_query_is_too_odd_for_its_shape(query_text: str) -> None:
    redactor(payloads="shape").query(query_text)
    redactor(payloads="shape").query("&".join([query_text] * 3000))


@pytest.mark.parametrize(
    ("body", "full", "by_shape"),
    [
        (None, None, None),
        (
            b'{"a": "x", "b": [1, true, null]}',
            '{"a": "x", "b": [1, true, null]}',
            '{"a": "string", "b": ["number", true, null]}',
        ),
        (b"a=1&b=2", "a=1&b=2", "‹7 characters›"),
        (b"\xff\xfe", "‹2 bytes that are no text›", "‹2 bytes that are no text›"),
        ("x€".encode()[:-1], "x", "‹1 characters›"),
    ],
)
def test_a_body_is_kept_as_the_policy_says(body: bytes | None, full: str | None, by_shape: str | None) -> None:
    assert redactor(payloads="full").body(body) == full
    assert redactor(payloads="shape").body(body) == by_shape
    assert redactor(payloads="none").body(body) is None


def test_a_message_by_its_shape_keeps_consent_and_switches() -> None:
    consent = {"categoryPreferences": {"Advertising": False, "Analytics": True}}
    message = track(context={"consent": consent}, integrations={"All": False, "Amplitude": {"id": "x"}})
    kept = json.loads(str(redactor(payloads="shape").payload(json.dumps(message))))
    assert kept["context"]["consent"] == consent
    assert kept["integrations"] == {"All": False, "Amplitude": {"id": "string"}}
    assert (kept["event"], kept["properties"]["total"], kept["userId"]) == ("string", "number", "string")
    assert redactor(payloads="none").payload("{}") is None


@given(
    document=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    )
)
def test_a_shape_holds_no_value(document: Any) -> None:
    def values(reduced: Any) -> list[Any]:
        match reduced:
            case dict():
                return [value for inner in reduced.values() for value in values(inner)]
            case list():
                return [value for inner in reduced for value in values(inner)]
            case _:
                return [reduced]

    assert {value for value in values(shape(document)) if value is not None} <= {"string", "number", True, False}


# --- identifiers


def test_hashed_identifiers_leave_no_full_payload() -> None:
    hashed = redactor(identifiers="hashed", payloads="full")
    message = track(userId="user-1", traits={"email": "jane@example.com"})
    kept = str(hashed.payload(json.dumps(message)))
    assert "user-1" not in kept
    assert "jane" not in kept
    assert hashed.identifier("user-1") in kept, "and they join with the column"
    assert "jane" not in str(hashed.body(json.dumps(message).encode()))


def test_hashed_identifiers_are_equal_where_the_values_are() -> None:
    hashed = redactor(identifiers="hashed")
    assert hashed.identifier("a") == hashed.identifier("a") != hashed.identifier("b")
    assert hashed.identifier(None) is None
    assert redactor().identifier("a") == "a"


# --- the whole file


def leak(folder: Path) -> tuple[Path, list[bytes]]:
    """A shop's capture with a secret of its own in every place that is never stored raw."""
    secrets = [f"s3cr3t{number:02}s3cr3t" for number in range(40)]
    fresh = iter(secrets)
    headers = [(name.strip().encode(), next(fresh).encode()) for name in SECRET_HEADERS]
    headers += [(b"authorization", b"Bearer " + next(fresh).encode()), (b"cookie", b"sid=" + next(fresh).encode())]
    flows = shop(headers)
    for each in flows:
        assert each.response is not None
        each.response.headers.add("set-cookie", f"sid={next(fresh)}; Path=/; HttpOnly")
        each.response.headers.add("x-auth-token", next(fresh))
    flows.append(
        flow(
            "https://www.facebook.com/tr/?id=1&ev=PageView",
            at=NOON + 3,
            headers=[*headers, (b"referer", b"https://shop.example/")],
        )
    )
    write_flows(folder / "leak.mitm", flows)
    used = secrets[: secrets.index(next(fresh))]
    return folder / "leak.mitm", [secret.encode() for secret in used]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(mode.values()))
def test_no_credential_is_anywhere_in_the_file(tmp_path: Path, mode: dict[str, Any]) -> None:
    path, secrets = leak(tmp_path)
    with opened(tmp_path / "a.db") as database:
        (result,) = analyse_files(open_captures([path]), database, Policy(storage=Storage(**mode)))
        assert isinstance(result, Analysis), result
        on_disk = b"".join(file.read_bytes() for file in tmp_path.glob("a.db*"))
    on_disk += (tmp_path / "a.db").read_bytes()
    assert len(secrets) > 30
    assert [secret for secret in secrets if secret in on_disk] == []
    assert b"Order Completed" in on_disk, "it is the right file"
    assert open_capture(path).identity.secret not in on_disk
    assert open_capture(path).identity.secret.hex().encode() not in on_disk


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(mode.values()))
def test_verdicts_do_not_depend_on_what_is_kept(tmp_path: Path, mode: dict[str, Any]) -> None:
    path, _ = leak(tmp_path)
    columns = "id, rule, verdict, phase, vendor, fingerprint, explanation"
    found = []
    for name, storage in (("full.db", Storage()), ("other.db", Storage(**mode))):
        with opened(tmp_path / name) as database:
            list(analyse_files(open_captures([path]), database, Policy(storage=storage)))
        found.append(query(tmp_path / name, f"SELECT {columns} FROM violations ORDER BY id"))
    assert found[0] == found[1] != []


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: "-".join(mode.values()))
def test_identifiers_and_payloads_are_stored_as_the_policy_says(tmp_path: Path, mode: dict[str, Any]) -> None:
    flows = shop()
    for number, each in enumerate(flows):
        if each.request.path == "/v1/t":
            message = track(
                userId="jane-private", anonymousId="anon-private", properties={"mail": "jane@private.example"}
            )
            each.request.content = json.dumps({**message, "messageId": f"ajs-next-{number}"}).encode()
    flows.append(flows[2].copy())
    flows[-1].request.content = json.dumps(track(userId="jane-private", messageId="ajs-next-9")).encode()
    write_flows(tmp_path / "a.mitm", flows)
    with opened(tmp_path / "a.db") as database:
        list(analyse_files(open_captures([tmp_path / "a.mitm"]), database, Policy(storage=Storage(**mode))))
    content = (tmp_path / "a.db").read_bytes()
    hashed, full = mode["identifiers"] == "hashed", mode["payloads"] == "full"
    assert (b"jane-private" in content) is not hashed
    assert (b"anon-private" in content) is not hashed
    assert (b"jane@private.example" in content) is (full and not hashed)
    ids = query(tmp_path / "a.db", "SELECT DISTINCT user_id FROM events")
    assert len(ids) == 1, "they still join"
    payloads = query(tmp_path / "a.db", "SELECT payload FROM events")
    assert all((payload is None) is (mode["payloads"] == "none") for (payload,) in payloads)


# --- identifiers in vendors' calls


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "ann@shop.example"),
        ("email_hash", "55e79200c1635b37"),
        ("phone", "491701234567"),
        ("phone_hash", "55e79200c1635b37"),
        ("user_id", "ann@shop.example"),
        ("external_id", "ann%40shop.example"),
        ("client_id", "+49 170 1234567"),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_what_is_made_of_an_address_or_a_number_is_hashed_under_any_policy(
    kind: str, value: str, mode: dict[str, str]
) -> None:
    shown = json.loads(redactor(**mode).identifiers(json.dumps({kind: value})))
    assert value not in shown[kind]
    assert shown[kind].startswith("#")


def test_other_identifiers_of_a_vendor_follow_the_policy_as_anonymous_ids_do() -> None:
    identifiers = json.dumps({"client_id": "111.222", "user_id": "u1"})
    assert json.loads(redactor().identifiers(identifiers)) == {"client_id": "111.222", "user_id": "u1"}
    hashed = redactor(identifiers="hashed")
    assert json.loads(hashed.identifiers(identifiers)) == {
        "client_id": hashed.identifier("111.222"),
        "user_id": hashed.identifier("u1"),
    }
