"""Security policies let our script alone do more than before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.observe.security_policy import amended, lets_report

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
    assert amended("sandbox allow-forms", "n1", ENDPOINT) is None
    assert amended("sandbox allow-scripts", "n1", ENDPOINT) == "sandbox allow-scripts"


@pytest.mark.parametrize(
    ("policy", "may"),
    [("connect-src 'self'", True), ("default-src https:", True), ("connect-src 'none'", False), ("img-src x", True)],
)
def test_a_policy_within_the_page_lets_report_or_does_not(policy: str, may: bool) -> None:
    assert lets_report(policy, ENDPOINT) is may


@given(st.text(max_size=300))
def test_arbitrary_policies_are_amended_without_fail(policy: str) -> None:
    amended(policy, "n1", ENDPOINT)
    lets_report(policy, ENDPOINT)
