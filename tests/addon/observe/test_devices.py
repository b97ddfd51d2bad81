"""What devices' connections tell, and what is made of it for the phone page."""

from __future__ import annotations

import pytest

from addon.findings.sessions import SessionSummary
from addon.observe.checklist import State, checklist, system_of
from addon.observe.devices import Cause, Device, Devices

PHONE = "192.168.1.9"
IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9)"
REFUSED = (
    "The client does not trust the proxy's certificate for a.example"
    " (OpenSSL Error([('SSL routines', '', 'ssl/tls alert certificate unknown')]))"
)
CLOSED = (
    "The client disconnected during the handshake. If this happens consistently for a.example, this may indicate that the"
    " client does not trust the proxy's certificate."
)
VERSION = "Client and mitmproxy cannot agree on a TLS version to use. You may need to adjust tls_version_client_min."


def session(**changed: object) -> SessionSummary:
    made = {
        "id": "1.s1", "client": PHONE, "site": "shop.example", "app": None, "consent_source": None, "started_at": None,
        "ended_at": None, "exchanges": 1, "events": 0, "violations": 0,
    }  # fmt: skip
    return SessionSummary(**(made | changed))


# --- why a handshake failed


@pytest.mark.parametrize(
    ("error", "before", "cause", "said"),
    [
        (REFUSED, (), Cause.UNTRUSTED, "(certificate unknown); nothing on this device had accepted it"),
        (REFUSED, ("b.example",), Cause.PINNED, "this app pins its own certificate, or ignores user certificates"),
        (REFUSED, ("a.example",), None, "other connections of this device to the same host accept it"),
        (CLOSED, (), Cause.CLOSED, "the client went away during the handshake; if that happens each time"),
        (VERSION, (), Cause.VERSION, "no version of TLS in common; no certificate is at fault"),
        ("something new", (), Cause.UNTRUSTED, "(something new)"),
    ],
)
def test_a_refusal_is_told_with_its_likely_cause(
    error: str, before: tuple[str, ...], cause: Cause | None, said: str
) -> None:
    devices = Devices()
    for host in before:
        devices.speaks("c1", PHONE, host, secure=True)
    reason = devices.refuses(PHONE, "a.example", error)
    assert reason is not None and said in reason
    assert devices.of(PHONE).refused.get("a.example") == cause


def trusting(*hosts: str) -> Devices:
    """A device of which so many hosts are read."""
    devices = Devices()
    for host in hosts:
        devices.speaks(f"c-{host}", PHONE, host, secure=True)
    return devices


def let_through(devices: Devices, host: str, error: str = REFUSED, *, known: bool = False) -> bool:
    devices.refuses(PHONE, host, error)
    return devices.lets_through(PHONE, host, known=known)


def test_a_program_that_pins_is_let_through_after_its_first_refusal() -> None:
    devices = trusting("b.example")
    assert not devices.passes(PHONE, "a.example")
    assert let_through(devices, "a.example", known=True)
    assert devices.passes(PHONE, "a.example")
    assert not devices.passes("192.168.1.8", "a.example")
    assert not devices.of(PHONE).refused


def test_nobody_is_let_through_where_nothing_trusts_the_certificate() -> None:
    devices = Devices()
    assert not any(let_through(devices, f"{number}.example") for number in range(9))


def test_a_warning_that_was_clicked_away_is_no_trust() -> None:
    devices = Devices()
    for host in ("shop.example", "other.example"):
        devices.refuses(PHONE, host, REFUSED)
        devices.speaks(f"c-{host}", PHONE, host, secure=True)
    assert not let_through(devices, "api.segment.io")


def test_one_program_that_checks_no_certificate_does_not_speak_for_all() -> None:
    devices = trusting("registry.example")
    assert [let_through(devices, f"{number}.example") for number in range(5)] == [True, False, False, False, False]


def test_a_host_that_is_read_is_never_let_through() -> None:
    devices = trusting("a.example", "b.example")
    assert not let_through(devices, "a.example")


def test_a_program_that_leaves_without_a_reason_is_let_through_when_it_keeps_doing_so() -> None:
    devices = trusting("b.example")
    assert [let_through(devices, "a.example", CLOSED) for _ in range(4)][:3] == [False, False, True]


@pytest.mark.parametrize(
    ("seconds", "known", "through"), [(0.1, False, True), (0.1, True, False), (30.0, False, False)]
)
def test_a_program_that_leaves_at_once_after_each_handshake_is_let_through(
    seconds: float, known: bool, through: bool
) -> None:
    devices = trusting("b.example")
    for number in range(3):
        devices.shook_hands(f"s{number}", PHONE, "a.example")
        devices.leaves(f"s{number}", seconds)
    assert devices.lets_through(PHONE, "a.example", known=known) is through


def test_what_passes_unread_shows_on_the_phone_page() -> None:
    devices = trusting("b.example", "c.example")
    let_through(devices, "a.example")
    let_through(devices, "api.segment.io")
    checks = {check.name: check for check in checklist(devices.of(PHONE), [], IOS, "api.segment.io".__eq__)}
    assert checks["TLS trusted"].state is State.PARTLY
    assert "api.segment.io, a.example" in (checks["TLS trusted"].cause or "")
    assert checks["Messages decoded"].seen == "What goes to api.segment.io passes through unread"


def test_one_device_says_nothing_of_another() -> None:
    devices = Devices()
    devices.speaks("c1", "192.168.1.8", "b.example", secure=True)
    devices.refuses(PHONE, "a.example", REFUSED)
    assert devices.of(PHONE).refused == {"a.example": Cause.UNTRUSTED}


def test_a_connection_that_never_began_is_no_refusal() -> None:
    devices = Devices()
    assert devices.refuses(PHONE, "a.example", "connection closed early") is None
    assert not devices.of(PHONE).refused


def test_plain_requests_do_not_show_trust() -> None:
    devices = Devices()
    devices.speaks("c1", PHONE, "b.example", secure=False)
    devices.refuses(PHONE, "a.example", REFUSED)
    assert devices.of(PHONE).refused == {"a.example": Cause.UNTRUSTED}


def test_a_host_that_is_read_later_is_no_longer_refused() -> None:
    devices = Devices()
    devices.refuses(PHONE, "a.example", REFUSED)
    devices.speaks("c1", PHONE, "a.example", secure=True)
    assert not devices.of(PHONE).refused


def test_connections_that_end_without_a_word_show_a_pin_the_third_time() -> None:
    devices = Devices()
    reasons = []
    for number in range(5):
        devices.shook_hands(f"c{number}", PHONE, "a.example")
        reasons.append(devices.leaves(f"c{number}"))
        assert devices.leaves(f"c{number}") is None
    assert [each is not None for each in reasons] == [False, False, True, False, False]
    assert devices.of(PHONE).refused == {"a.example": Cause.SILENT}


def test_connections_that_a_browser_opens_ahead_show_nothing() -> None:
    devices = Devices()
    devices.shook_hands("c0", PHONE, "a.example")
    devices.speaks("c0", PHONE, "a.example", secure=True)
    for number in range(5):
        devices.shook_hands(f"c{number}", PHONE, "a.example")
        assert devices.leaves(f"c{number}") is None


def test_one_connection_may_serve_several_hosts() -> None:
    devices = Devices()
    devices.shook_hands("c0", PHONE, "a.example")
    devices.speaks("c0", PHONE, "b.example", secure=True)
    assert devices.of(PHONE).reads("a.example") and devices.of(PHONE).reads("b.example")
    assert (devices.of(PHONE).requests, devices.of(PHONE).secure) == (1, 1)


def test_what_is_kept_is_bounded() -> None:
    devices = Devices()
    for number in range(2000):
        devices.refuses(PHONE, f"h{number}.example", REFUSED)
    assert len(devices.of(PHONE).refused) == 500
    for number in range(2000):
        devices.of(f"10.0.{number // 250}.{number % 250}")
    assert not devices.of(PHONE).refused


# --- the checklist


def states(device: Device, *sessions: SessionSummary, agent: str = "") -> list[State]:
    return [check.state for check in checklist(device, sessions, agent, lambda host: host == "api.segment.io")]


def test_a_device_that_did_nothing_is_told_what_to_do() -> None:
    checks = checklist(Device(), [], IOS, lambda _: False)
    assert [check.name for check in checks] == [
        "Traffic seen",
        "TLS trusted",
        "Messages decoded",
        "Consent source found",
    ]
    assert all(check.state is State.NO and check.cause for check in checks)


def test_a_device_that_is_all_there_is_told_so() -> None:
    device = Device()
    device.speaks("shop.example", secure=True)
    found = session(events=3, consent_source="onetrust")
    checks = checklist(device, [found, session(consent_source="onetrust")], IOS, lambda _: False)
    assert all(check.state is State.YES and check.cause is None for check in checks)
    assert [check.seen for check in checks] == ["1 request", "1 secure request read", "3 messages", "onetrust"]


@pytest.mark.parametrize(
    ("agent", "words"),
    [(IOS, "Certificate Trust Settings"), (ANDROID, "network_security_config"), ("", "have it trusted")],
)
def test_a_device_that_trusts_nothing_is_told_how_its_system_does(agent: str, words: str) -> None:
    device = Device()
    device.refuses("api.segment.io", Cause.UNTRUSTED)
    traffic, trust, segment, _ = checklist(device, [], agent, lambda host: host == "api.segment.io")
    assert (traffic.state, trust.state, segment.state) == (State.PARTLY, State.NO, State.NO)
    assert trust.cause is not None and words in trust.cause
    assert segment.seen == "api.segment.io could not be read"


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.PINNED, "pin their certificate"),
        (Cause.CLOSED, "If it happens again"),
        (Cause.VERSION, "no version of TLS"),
    ],
)
def test_hosts_that_are_refused_beside_read_ones_are_named(cause: Cause, words: str) -> None:
    device = Device()
    device.speaks("shop.example", secure=True)
    for number in range(5):
        device.refuses(f"h{number}.example", cause)
    trust = checklist(device, [session()], ANDROID, lambda _: False)[1]
    assert trust.state is State.PARTLY
    assert trust.seen.endswith("but not those to h4.example, h3.example, h2.example and 2 more")
    assert trust.cause is not None and words in trust.cause


def test_without_messages_the_likely_reason_is_told() -> None:
    device = Device()
    device.speaks("shop.example", secure=True)
    assert states(device, session()) == [State.YES, State.YES, State.NO, State.NO]
    checks = checklist(device, [session()], "", lambda _: False)
    assert checks[2].cause is not None and "in batches" in checks[2].cause
    assert checks[3].cause is not None and "the next request" in checks[3].cause


def test_a_system_is_told_by_the_user_agent() -> None:
    assert (system_of(IOS), system_of(ANDROID), system_of("curl/8")) == ("iOS", "Android", "")
