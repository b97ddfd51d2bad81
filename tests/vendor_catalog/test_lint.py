"""The lint finds what was planted, and nothing in what holds."""

from __future__ import annotations

import pytest

from vendor_catalog.lint import example, problems

from .entries import Toml, catalogue, cookie, endpoint, manager, recording, vendor


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
        "acme.toml: *.acme.example ^/e$ is never reached: t.acme.example ^/ matches all of its addresses",
        "acme.toml: https://t.acme.example/e goes to acme (t.acme.example ^/), not to *.acme.example ^/e$",
    ]


def test_an_endpoint_that_an_example_still_reaches_is_not_dead() -> None:
    wild = endpoint("*.acme.example", matches=["https://t.acme.example/e", "https://x.acme.example/e"])
    exact = endpoint("t.acme.example", kind="library", path="^/e$")
    assert problems(catalogue(vendor(endpoints=[wild, exact]))) == [
        "acme.toml: https://t.acme.example/e goes to acme (t.acme.example ^/e$), not to *.acme.example ^/e$"
    ]


def test_an_endpoint_that_stands_twice_is_dead_once() -> None:
    found = problems(catalogue(vendor(endpoints=[endpoint(), endpoint(kind="library")])))
    assert (
        found[0] == "acme.toml: https://t.acme.example/e goes to acme (t.acme.example ^/e$), not to t.acme.example ^/e$"
    )
    assert found[1:] == [
        "acme.toml: t.acme.example ^/e$ is never reached: t.acme.example ^/e$ matches all of its addresses"
    ]


def test_an_endpoint_that_another_vendor_takes_is_contested_and_not_dead() -> None:
    other = vendor("other", endpoints=[endpoint("t.acme.example", path="^/(e|f)$")])
    assert not [said for said in problems(catalogue(acme(), other)) if "dead" in said]


# --- sources


@pytest.mark.parametrize("source", ["unknown", "TODO", "n/a", "vendors.json", "?", "memory", "-", "see above"])
def test_a_source_that_says_nothing_is_found(source: str) -> None:
    (said,) = problems(catalogue(vendor(sources=[source])))
    assert said == f"acme.toml: sources: {source!r} is no source: say which document, code or measurement"
    (said,) = problems(catalogue(acme(sources=["acme docs", source])))
    assert said.startswith(f"acme.toml: t.acme.example ^/e$: {source!r} is no source")
    (said,) = problems(catalogue(vendor(cookies=[cookie(name=None, prefix="_acme_", sources=[source])])))
    assert said.startswith(f"acme.toml: the cookie _acme_*: {source!r} is no source")


@pytest.mark.parametrize(
    "source",
    ["third-party-web", "Omnibug", "acme/web src/unknown.ts", "Acme docs, internal links", "Memory Inc., docs"],
)
def test_a_source_that_names_something_is_believed(source: str) -> None:
    assert problems(catalogue(vendor(sources=[source]))) == []


def test_a_consent_managers_sources_are_read_too() -> None:
    (said,) = problems(catalogue(managers=(manager(sources=["tbd"]),)))
    assert said.startswith("askme.toml: sources: 'tbd' is no source")


def test_a_segment_key_needs_a_source_that_speaks_of_segment() -> None:
    keyed = vendor(segment_keys=["Acme"])
    assert problems(catalogue(keyed)) == ["acme.toml: segment_keys: no source speaks of Segment"]
    assert problems(catalogue({**keyed, "sources": ["acme docs", "Segment documentation, Acme destination"]})) == []
    assert problems(catalogue({**keyed, "endpoints": [endpoint(sources=["segmentio/action-destinations"])]})) == []


# --- what stands for one vendor only

LISTED = ["IAB Europe, Global Vendor List"]


def test_a_tcf_id_needs_a_list_as_its_source() -> None:
    assert problems(catalogue(vendor(tcf_vendor_id=7))) == [
        "acme.toml: tcf_vendor_id: no source is a Global Vendor List"
    ]
    assert problems(catalogue(vendor(tcf_vendor_id=7, sources=LISTED))) == []


@pytest.mark.parametrize(
    ("name", "other"), [(None, None), ("Acme Group", None), (None, "Acme Group"), ("Acme", "Other")]
)
def test_two_vendors_with_one_tcf_id_are_found(name: str | None, other: str | None) -> None:
    known = catalogue(
        vendor("one", tcf_vendor_id=7, tcf_vendor_name=name, sources=LISTED),
        vendor("two", tcf_vendor_id=7, tcf_vendor_name=other, sources=LISTED),
        vendor("three", tcf_vendor_id=8, sources=LISTED),
    )
    assert problems(known) == [
        "two.toml: tcf_vendor_id: 7 stands in one.toml too; products of one listed company agree on its tcf_vendor_name"
    ]


def test_products_of_one_listed_company_share_its_tcf_id() -> None:
    products = [vendor(id, tcf_vendor_id=7, tcf_vendor_name="Acme Group", sources=LISTED) for id in ("one", "two")]
    assert problems(catalogue(*products)) == []


def test_segment_keys_of_two_vendors_that_differ_by_case_alone_are_found() -> None:
    sources = ["Segment documentation"]
    known = catalogue(
        vendor("one", segment_keys=["FullAcme"], sources=sources),
        vendor("two", segment_keys=["Fullacme"], sources=sources),
    )
    assert problems(known) == ["two.toml: segment_keys: 'Fullacme' stands in one.toml too, as 'FullAcme'"]


def test_one_vendor_may_spell_its_segment_key_twice() -> None:
    spelled = vendor(segment_keys=["FullAcme", "Fullacme"], sources=["Segment documentation"])
    assert problems(catalogue(spelled)) == []


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
    ("narrow", "name"), [({"name": "_a_token"}, "_a_token"), ({"name": None, "prefix": "_a_t"}, "_a_t*")]
)
def test_a_cookie_that_starts_as_another_vendors_prefix_does_is_found(narrow: Toml, name: str) -> None:
    wide = vendor("wide", cookies=[cookie(name=None, prefix="_a_")])
    known = catalogue(wide, vendor(cookies=[cookie(**narrow)]))
    assert problems(known) == [f"acme.toml: the cookie {name} starts as _a_* of wide.toml does: say within = 'wide'"]
    assert problems(catalogue(wide, vendor(cookies=[cookie(within="wide", **narrow)]))) == []


def test_prefixes_overlap_in_one_place_only() -> None:
    wide = vendor("wide", cookies=[cookie(name=None, prefix="_a_")])
    elsewhere = cookie(name="_a_token", party="third", domain="acme.example")
    assert problems(catalogue(wide, vendor(cookies=[elsewhere]))) == []


def test_one_vendors_own_prefixes_may_overlap() -> None:
    own = [cookie(name=None, prefix="_a_"), cookie(name="_a_token"), cookie(name=None, prefix="_a_b_")]
    assert problems(catalogue(vendor(cookies=own))) == []


def test_a_cookie_that_claims_to_be_within_what_it_is_not_is_found() -> None:
    known = catalogue(
        vendor("wide", cookies=[cookie(name=None, prefix="_b_")]), vendor(cookies=[cookie(within="wide")])
    )
    assert problems(known) == ["acme.toml: the cookie _acme is not within a prefix of wide.toml"]


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
