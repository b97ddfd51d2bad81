"""Security policies let our script alone do more than before."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.observe.security_policy import MAX_CHARACTERS, MAX_POLICIES, NotAmended, amended, amended_fields, lets_report
from tests.growth import grows_too_fast

ENDPOINT = "https://www.shop.example/.consentwire/observations"
OURS = "'nonce-n1'"


@pytest.mark.parametrize(
    ("policy", "becomes"),
    [
        ("script-src 'self'", f"script-src 'self' {OURS}"),
        ("script-src 'none'", f"script-src {OURS}"),
        ("script-src-elem https://a.example; script-src 'self'", f"script-src-elem https://a.example {OURS}; script-src 'self'"),
        # a nonce would take 'unsafe-inline' away from the page
        ("script-src 'self' 'unsafe-inline'", "script-src 'self' 'unsafe-inline'"),
        ("script-src 'unsafe-inline' 'nonce-p'", f"script-src 'unsafe-inline' 'nonce-p' {OURS}"),
        ("script-src 'strict-dynamic' 'sha256-x'", f"script-src 'strict-dynamic' 'sha256-x' {OURS}"),
        ("connect-src https://api.example", f"connect-src https://api.example {ENDPOINT}"),
        ("connect-src 'self'", "connect-src 'self'"),
        ("connect-src 'none'", f"connect-src {ENDPOINT}"),
        ("default-src 'none'", f"default-src 'none'; script-src {OURS}; connect-src {ENDPOINT}"),
        ("default-src 'self'", f"default-src 'self'; script-src 'self' {OURS}"),
        ("img-src *", "img-src *"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_policy_lets_our_script_run_and_report_and_nothing_else(policy: str, becomes: str) -> None:
    assert amended(policy, "n1", ENDPOINT) == becomes


def test_each_of_several_policies_is_amended() -> None:
    assert amended("script-src 'self', connect-src 'none'", "n1", ENDPOINT) == (
        f"script-src 'self' {OURS}, connect-src {ENDPOINT}"
    )


def test_of_two_directives_of_one_name_the_first_holds() -> None:
    assert amended("script-src 'self'; script-src *", "n1", ENDPOINT) == f"script-src 'self' {OURS}"


def test_a_page_without_scripts_cannot_be_probed() -> None:
    with pytest.raises(NotAmended, match="sandboxed"):
        amended("img-src *, sandbox allow-forms", "n1", ENDPOINT)
    assert amended("sandbox", "n1", ENDPOINT, enforced=False) == "sandbox", (
        "browsers pass over it where policies only report"
    )
    assert amended("sandbox allow-scripts", "n1", ENDPOINT) == "sandbox allow-scripts"


@pytest.mark.parametrize(
    ("policy", "may"),
    [
        ("connect-src 'self'", True),
        ("default-src https:", True),
        ("connect-src 'none'", False),
        ("img-src x", True),
        ("connect-src https://www.shop.example", True),
        ("connect-src HTTPS://*.Shop.example:443/.consentwire/", True),
        ("connect-src http://www.shop.example:*", True),
        ("connect-src www.shop.example/.consentwire/observations", True),
        ("connect-src *.www.shop.example", False),
        ("connect-src api.shop.example wss://www.shop.example", False),
        ("connect-src www.shop.example:8443 www.shop.example/api", False),
        ("connect-src\u00a0'self'", True),
        ("connect-src x\u00a0'self'", False),
    ],
)
def test_a_policy_within_the_page_lets_report_or_does_not(policy: str, may: bool) -> None:
    assert lets_report(policy, ENDPOINT) is may


_WORDS = (
    "sandbox",
    "allow-scripts",
    "script-src",
    "default-src",
    "connect-src",
    "'none'",
    "'self'",
    "*",
    "https://",
    "://",
    ":",
    "/",
    "*.",
)
policies = st.text(max_size=300) | st.lists(st.sampled_from([*_WORDS, " ", ";", ",", "\t", "\x85", "\udc80"])).map(
    "".join
)


@given(policies)
def test_arbitrary_policies_are_amended_without_fail(policy: str) -> None:
    try:
        once = amended(policy, "n1", ENDPOINT)
    except NotAmended:
        return
    assert amended(once, "n1", ENDPOINT, enforced=False).count(ENDPOINT) == once.count(ENDPOINT), "it may report by now"
    assert lets_report(once, ENDPOINT)


@given(policies)
def test_what_arbitrary_policies_within_a_page_let_is_found_without_fail(policy: str) -> None:
    lets_report(policy, ENDPOINT)


@pytest.mark.parametrize(
    "part",
    [",", ";", " ", "a", "a ", "a;", "a:", "/", "'none' ", "sandbox;", "sandbox,", "script-src a ", "connect-src x,"],
)
def test_time_grows_with_the_policy(part: str) -> None:
    def work(policy: str) -> None:
        lets_report(policy, ENDPOINT)
        with suppress(NotAmended):
            amended(policy, "n1", ENDPOINT)

    for start in ("", "connect-src ", "script-src 'none' "):
        longer = (start + part * MAX_CHARACTERS)[:MAX_CHARACTERS]
        assert grows_too_fast(work, longer[: MAX_CHARACTERS // 4], longer) is None


@pytest.mark.parametrize("policy", ["a" * (MAX_CHARACTERS + 1), "," * MAX_POLICIES])
def test_a_page_with_more_policies_than_are_read_is_left_as_it_is(policy: str) -> None:
    with pytest.raises(NotAmended, match="are more than the 64"):
        amended_fields({"content-security-policy": [policy]}, "n1", ENDPOINT)
