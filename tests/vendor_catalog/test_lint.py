"""The lint finds what was planted, and nothing in what holds."""

from __future__ import annotations

import pytest

from vendor_catalog.lint import example, problems

from .building import Toml, catalogue, cookie, endpoint, manager, recording, vendor


def acme(**changes: object) -> Toml:
    return vendor(endpoints=[{**endpoint(), **changes}])


def test_what_holds_has_no_problems() -> None:
    known = catalogue(vendor(endpoints=[endpoint()], cookies=[cookie()]), managers=(manager(recording=[recording()]),))
    assert problems(known) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"matches": ["https://t.acme.example/other"]},
            "acme.toml: https://t.acme.example/other matches nothing; it should match t.acme.example ^/e$",
        ),
        (
            {"methods": ["POST"]},
            "acme.toml: https://t.acme.example/e matches nothing; it should match t.acme.example ^/e$",
        ),
        (
            {"rejects": ["https://t.acme.example/e?x"]},
            "acme.toml: https://t.acme.example/e?x matches t.acme.example ^/e$, which it should not",
        ),
        ({"rejects": ["t.acme.example/x"]}, "acme.toml: t.acme.example/x is no address, so that it proves nothing"),
        ({"rejects": ["https://[x/"]}, "acme.toml: https://[x/ is no address, so that it proves nothing"),
        (
            {"matches": ["https://[t.acme.example/e"]},
            "acme.toml: https://[t.acme.example/e matches nothing; it should match t.acme.example ^/e$",
        ),
    ],
)
def test_an_example_that_does_not_hold_is_found(changes: Toml, said: str) -> None:
    assert problems(catalogue(acme(**changes))) == [said]


def test_a_consent_managers_examples_are_tried_too() -> None:
    wrong = endpoint("cdn.askme.example", kind="consent")
    assert problems(catalogue(managers=(manager(endpoints=[wrong]),))) == [
        "askme.toml: https://t.acme.example/e matches nothing; it should match cdn.askme.example ^/e$"
    ]


def test_an_example_that_a_nearer_endpoint_takes_is_found() -> None:
    wild = endpoint("*.acme.example")
    exact = endpoint("t.acme.example", kind="library", path="^/")
    exact["rejects"] = ["https://acme.example/"]
    assert problems(catalogue(vendor(endpoints=[wild, exact]))) == [
        "acme.toml: https://t.acme.example/e goes to acme (t.acme.example ^/), not to *.acme.example ^/e$"
    ]


def test_an_address_that_two_vendors_claim_is_found_on_both_sides() -> None:
    other = vendor("other", endpoints=[endpoint("*.acme.example", matches=["https://x.acme.example/e"])])
    assert problems(catalogue(acme(), other)) == ["acme.toml: https://t.acme.example/e is claimed by other too"]
    shared = vendor("other", endpoints=[endpoint("*.acme.example")])
    assert problems(catalogue(acme(), shared)) == [
        "acme.toml: https://t.acme.example/e is claimed by other too",
        "other.toml: https://t.acme.example/e goes to acme (t.acme.example ^/e$), not to *.acme.example ^/e$",
        "other.toml: https://t.acme.example/e is claimed by acme too",
    ]


def consent_event(rejected: str) -> list[Toml]:
    """A collection endpoint, and a nearer one of the same vendor for its consent events."""
    taken = endpoint(kind="config", query="evt=consent", matches=["https://t.acme.example/e?evt=consent"])
    return [endpoint(rejects=[rejected]), taken]


def test_a_reject_may_be_what_a_nearer_endpoint_of_the_same_vendor_takes() -> None:
    both = consent_event("https://t.acme.example/e?evt=consent")
    assert problems(catalogue(vendor(endpoints=both))) == []


def test_a_reject_that_only_another_vendor_keeps_away_is_found() -> None:
    mine, nearer = consent_event("https://t.acme.example/e?evt=consent")
    found = problems(catalogue(vendor(endpoints=[mine]), vendor("other", endpoints=[nearer])))
    assert "acme.toml: https://t.acme.example/e?evt=consent matches t.acme.example ^/e$, which it should not" in found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"matches": ["https://log.askme.example/x"]},
            "https://log.askme.example/x is not recognised as its recording call",
        ),
        ({"host": "Log.Askme.Example"}, "https://log.askme.example/log?a=1 is not recognised as its recording call"),
        (
            {"rejects": ["https://log.askme.example/log?deny"]},
            "https://log.askme.example/log?deny is taken for a recording call, which it should not be",
        ),
    ],
)
def test_a_recording_call_that_does_not_hold_is_found(changes: Toml, said: str) -> None:
    known = catalogue(managers=(manager(recording=[recording(**changes)]),))
    assert problems(known) == [f"askme.toml: {said}"]


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"name": "_acme"}, "_acme"),
        ({"name": None, "prefix": "_acme_"}, "_acme_*"),
        ({"name": "id", "party": "third", "domain": "acme.example"}, "id"),
    ],
)
def test_a_cookie_that_two_vendors_claim_is_found(facts: Toml, name: str) -> None:
    known = catalogue(vendor(cookies=[cookie(**facts)]), vendor("other", cookies=[cookie(**facts)]))
    assert problems(known) == [f"other.toml: the cookie {name} stands in acme.toml too"]


def test_one_name_on_two_domains_is_two_cookies() -> None:
    one, two = (cookie(name="id", party="third", domain=f"{name}.example") for name in ("one", "two"))
    assert problems(catalogue(vendor(cookies=[one]), vendor("other", cookies=[two, cookie(name="id")]))) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://a.example", ("GET", "a.example", "/", "")),
        ("https://A.Example/B?c=d&e", ("GET", "a.example", "/B", "c=d&e")),
        ("POST https://a.example:8443/b", ("POST", "a.example", "/b", "")),
        ("a.example/b", ("GET", "", "a.example/b", "")),
        ("https://[", ("GET", "", "/", "")),
    ],
)
def test_an_example_is_a_method_and_an_address(text: str, parts: tuple[str, str, str, str]) -> None:
    assert example(text) == parts
