"""Whom an address belongs to, whose a cookie is, what a name stands for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vendor_catalog import SCRIPT, CallKind, Catalogue, Category, Endpoint, RecordingCall, shipped_catalogue

from .entries import Toml, catalogue, cookie, endpoint, manager, recording, vendor


def of(*endpoints: Toml) -> Catalogue:
    return catalogue(vendor(endpoints=list(endpoints)))


def matches(known: Catalogue, host: str, path: str = "/e", query: str = "", method: str = "GET") -> bool:
    return known.match(method, host, path, query) is not None


# --- hosts


def test_an_exact_host_is_that_host_alone() -> None:
    known = of(endpoint("t.acme.example"))
    assert matches(known, "t.acme.example")
    for other in ("acme.example", "x.t.acme.example", "t.acme.example.evil.example", "xt.acme.example", "", "example"):
        assert not matches(known, other)


def test_a_wildcard_is_every_host_below_and_not_the_apex() -> None:
    known = of(endpoint("*.acme.example"))
    for below in ("t.acme.example", "a.b.c.acme.example"):
        assert matches(known, below)
    for other in ("acme.example", "badacme.example", "acme.example.evil.example", "example", "", "."):
        assert not matches(known, other)


def test_any_host_is_found_by_a_whole_segment_of_its_path() -> None:
    known = of(endpoint("*", segment="acme.js", path="/acme\\.js$"))
    for path in ("/acme.js", "/js/v1/acme.js", "/acme.js/acme.js"):
        assert matches(known, "shop.example", path)
    for path in ("/acme.js.map", "/xacme.js", "/acme.js/", "/acme.js/x", "/", ""):
        assert not matches(known, "shop.example", path)


def test_a_segment_at_any_place_must_still_fit_the_path() -> None:
    known = of(endpoint("*", segment="collect", path="^/g/collect$"))
    assert matches(known, "shop.example", "/g/collect")
    assert not matches(known, "shop.example", "/collect/g")


def test_any_path_is_found_by_a_parameter_of_its_query() -> None:
    known = of(endpoint("*", parameter="tag", path="^/", query="(^|&)tag=T-[0-9]+(&|$)"))
    for query in ("tag=T-1", "a=b&tag=T-1&c=d"):
        assert matches(known, "shop.example", "/any/where", query)
    for query in ("", "tag=", "tag=U-1", "stag=T-1", "x=tag=T-1"):
        assert not matches(known, "shop.example", "/any/where", query), query


def test_a_script_is_told_from_a_page_at_the_same_address() -> None:
    known = of(endpoint("*", parameter="tag", path="^/", query="tag=T-1", methods=[SCRIPT]))
    assert matches(known, "shop.example", query="tag=T-1", method=SCRIPT)
    for method in ("GET", "POST", "OPTIONS"):
        assert not matches(known, "shop.example", query="tag=T-1", method=method)


@pytest.mark.parametrize(("methods", "found"), [(None, True), (["GET"], True), (["POST"], False)])
def test_a_script_is_fetched_by_a_get(methods: list[str] | None, found: bool) -> None:
    changes = {} if methods is None else {"methods": methods}
    assert matches(of(endpoint("t.acme.example", **changes)), "t.acme.example", method=SCRIPT) is found


def test_the_nearest_host_wins() -> None:
    known = catalogue(
        vendor("exact", endpoints=[endpoint("a.b.acme.example")]),
        vendor("near", endpoints=[endpoint("*.b.acme.example")]),
        vendor("far", endpoints=[endpoint("*.acme.example")]),
        vendor("any", endpoints=[endpoint("*", segment="e")]),
    )

    def owner(host: str) -> str:
        match = known.match("GET", host, "/e")
        assert match is not None
        return match.vendor

    assert [owner(f"{name}acme.example") for name in ("a.b.", "c.b.", "c.", "")] == ["exact", "near", "far", "any"]
    everyone = known.match_all("GET", "a.b.acme.example", "/e")
    assert [match.vendor for match in everyone] == ["exact", "near", "far", "any"]


def test_a_nearer_host_whose_path_does_not_fit_leaves_the_address_to_others() -> None:
    known = catalogue(
        vendor("exact", endpoints=[endpoint("t.acme.example", path="^/other$")]),
        vendor("wild", endpoints=[endpoint("*.acme.example")]),
    )
    match = known.match("GET", "t.acme.example", "/e")
    assert match is not None
    assert match.vendor == "wild"


# --- path, query, method


def test_a_path_is_searched_as_it_is_written() -> None:
    assert matches(of(endpoint(path="/tr/?$")), "t.acme.example", "/v2/tr/")
    assert not matches(of(endpoint(path="^/tr/?$")), "t.acme.example", "/v2/tr/")
    assert not matches(of(endpoint(path="^/E$")), "t.acme.example", "/e")


def test_without_a_path_every_path_is_meant() -> None:
    anywhere = endpoint()
    del anywhere["path"]
    assert matches(of(anywhere), "t.acme.example", "/what/ever")


def test_a_query_is_asked_for_only_where_the_entry_does() -> None:
    plain, queried = of(endpoint()), of(endpoint(query="(^|&)id=GTM-"))
    for query in ("", "id=GTM-1", "x=y"):
        assert matches(plain, "t.acme.example", query=query)
    assert matches(queried, "t.acme.example", query="id=GTM-1")
    assert matches(queried, "t.acme.example", query="a=b&id=GTM-1")
    for query in ("", "id=G-1", "xid=GTM-1"):
        assert not matches(queried, "t.acme.example", query=query)


def test_an_entry_that_asks_for_a_query_is_nearer_than_one_that_does_not() -> None:
    for order in (1, -1):
        both = [endpoint(kind="collect"), endpoint(kind="config", query="evt=consent")][::order]
        match = of(*both).match("GET", "t.acme.example", "/e", "evt=consent")
        assert match is not None
        assert match.kind is CallKind.CONFIG


def test_methods_are_those_of_the_entry() -> None:
    limited = of(endpoint(methods=["POST"]))
    assert matches(limited, "t.acme.example", method="POST")
    assert not matches(limited, "t.acme.example", method="GET")
    for method in ("GET", "POST", "PUT", "HEAD", "DELETE", "PATCH"):
        assert matches(of(endpoint()), "t.acme.example", method=method)


@pytest.mark.parametrize("host", ["t.acme.example", "*.acme.example"])
def test_a_preflight_never_reaches_anybody(host: str) -> None:
    known = of(endpoint(host), endpoint("*", segment="e"))
    assert not matches(known, "t.acme.example", method="OPTIONS")
    assert known.match_all("OPTIONS", "t.acme.example", "/e") == []


# --- what a lookup costs


def crowd(size: int) -> Catalogue:
    """``size`` vendors, each with an own host, an own wildcard and an own any-host segment, and as many managers."""
    return catalogue(
        *(
            vendor(
                f"v{number}",
                endpoints=[
                    endpoint(f"t{number}.acme.example"),
                    endpoint(f"*.w{number}.example"),
                    endpoint("*", segment=f"s{number}.js", path=f"/s{number}\\.js$"),
                ],
            )
            for number in range(size)
        ),
        managers=tuple(
            manager(f"m{number}", recording=[recording(host=f"log{number}.askme.example")]) for number in range(size)
        ),
    )


def test_a_lookup_asks_no_more_endpoints_in_a_large_catalogue_than_in_a_small_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at: list[object] = []
    accepts, records = Endpoint.accepts, RecordingCall.accepts

    def counting(self: Endpoint, method: str, path: str, query: str) -> bool:
        looked_at.append(self)
        return accepts(self, method, path, query)

    def counting_call(self: RecordingCall, path: str) -> bool:
        looked_at.append(self)
        return records(self, path)

    monkeypatch.setattr(Endpoint, "accepts", counting)
    monkeypatch.setattr(RecordingCall, "accepts", counting_call)
    counts = []
    for size in (3, 300):
        known, count = crowd(size), []
        for host, path in (("t1.acme.example", "/e"), ("x.w2.example", "/e"), ("shop.example", "/a/s1.js")):
            assert matches(known, host, path)
            count.append(len(looked_at))
        assert not matches(known, "shop.example", "/nobody/knows/this")
        assert known.recording_call("log1.askme.example", "/log") is not None
        count.append(len(looked_at))
        counts.append(count)
        looked_at.clear()
    assert counts[0] == counts[1] == [1, 2, 3, 4]


def test_a_path_that_repeats_a_segment_asks_its_endpoints_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[object] = []

    def counting(self: Endpoint, method: str, path: str, query: str) -> bool:
        looked_at.append(self)
        return False

    monkeypatch.setattr(Endpoint, "accepts", counting)
    of(endpoint("*", segment="e")).match("GET", "shop.example", "/e" * 5000)
    assert len(looked_at) == 1


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    method=st.sampled_from(["GET", "POST", "OPTIONS", "BREW"]),
    host=st.text(max_size=30) | st.sampled_from(["api.segment.io", ".", "..", "segment.io", "a" * 5000]),
    path=st.text(max_size=60),
    query=st.text(max_size=60),
)
def test_no_address_makes_the_shipped_catalogue_raise(method: str, host: str, path: str, query: str) -> None:
    known = shipped_catalogue()
    first = known.match(method, host, path, query)
    everyone = known.match_all(method, host, path, query)
    assert (everyone[0] if everyone else None) == first
    if method == "OPTIONS":
        assert first is None
    known.recording_call(host, path)
    known.cookie_owner(path, host, first_party=True)
    known.consent_cookies(path)
    known.vendor_by_alias(path)


# --- cookies


def owner(known: Catalogue, name: str, domain: str = "shop.example", *, first_party: bool = True) -> str | None:
    found = known.cookie_owner(name, domain, first_party=first_party)
    return None if found is None else found[0].id


def test_a_cookie_belongs_to_whom_its_exact_name_says() -> None:
    known = catalogue(vendor(cookies=[cookie(name="_acme")]))
    assert owner(known, "_acme") == "acme"
    for name in ("_acme_", "_acm", "_ACME", ""):
        assert owner(known, name) is None


def test_a_prefix_is_the_start_of_a_name_and_the_longest_wins() -> None:
    known = catalogue(
        vendor("short", cookies=[cookie(name=None, prefix="_a")]),
        vendor("long", cookies=[cookie(name=None, prefix="_acme_")]),
        vendor("exact", cookies=[cookie(name="_acme_id")]),
    )
    assert [owner(known, name) for name in ("_acme_id", "_acme_x", "_acme_", "_acme", "_a", "_")] == [
        "exact",
        "long",
        "long",
        "short",
        "short",
        None,
    ]


def test_a_first_party_cookie_is_one_on_the_visited_site_alone() -> None:
    known = catalogue(vendor(cookies=[cookie()]))
    assert owner(known, "_acme", first_party=True) == "acme"
    assert owner(known, "_acme", first_party=False) is None


def test_a_third_party_cookie_is_one_on_its_vendors_own_domain_alone() -> None:
    known = catalogue(vendor(cookies=[cookie(name="id", party="third", domain="acme.example")]))
    assert owner(known, "id", "acme.example", first_party=False) == "acme"
    assert owner(known, "id", "other.example", first_party=False) is None
    assert owner(known, "id", "shop.example", first_party=True) is None


def test_a_name_that_two_vendors_use_is_told_apart_by_where_it_lives() -> None:
    known = catalogue(
        vendor("one", cookies=[cookie(name="id", party="third", domain="one.example")]),
        vendor("two", cookies=[cookie(name="id", party="third", domain="two.example")]),
        vendor("three", cookies=[cookie(name="id")]),
    )
    assert owner(known, "id", "one.example", first_party=False) == "one"
    assert owner(known, "id", "two.example", first_party=False) == "two"
    assert owner(known, "id", "shop.example", first_party=True) == "three"


def test_a_nearer_name_that_lives_elsewhere_hides_nobody() -> None:
    known = catalogue(
        vendor("exact", cookies=[cookie(name="_acme_id", party="third", domain="exact.example")]),
        vendor("long", cookies=[cookie(name=None, prefix="_acme_", party="third", domain="long.example")]),
        vendor("short", cookies=[cookie(name=None, prefix="_a")]),
    )
    assert owner(known, "_acme_id", "exact.example", first_party=False) == "exact"
    assert owner(known, "_acme_id", "long.example", first_party=False) == "long"
    assert owner(known, "_acme_id", "shop.example", first_party=True) == "short"


def test_consent_managers_that_share_a_cookies_name_are_all_named() -> None:
    kept: Toml = {"name": "consent", "format": "klaro", "sources": ["docs"]}
    known = catalogue(managers=(manager("one", cookies=[kept]), manager("two", cookies=[kept])))
    assert [each.id for each, _ in known.consent_cookies("consent")] == ["one", "two"]
    assert known.consent_cookies("consent2") == []


def test_of_consent_cookies_only_the_nearest_names_count() -> None:
    exact: Toml = {"name": "consent_v2", "format": "klaro", "sources": ["docs"]}
    starting: Toml = {"prefix": "consent_", "format": "klaro", "sources": ["docs"]}
    known = catalogue(managers=(manager("one", cookies=[exact]), manager("two", cookies=[starting])))
    assert [each.id for each, _ in known.consent_cookies("consent_v2")] == ["one"]
    assert [each.id for each, _ in known.consent_cookies("consent_v3")] == ["two"]


# --- names


def test_a_segment_key_stands_for_one_vendor_and_is_spelled_exactly() -> None:
    known = catalogue(vendor(segment_keys=["Acme (Actions)", "Acme"]))
    found = known.vendor_of_segment_key("Acme (Actions)")
    assert found is not None
    assert found.id == "acme"
    assert known.vendor_of_segment_key("acme") is None


def test_an_alias_is_read_however_it_is_spelled() -> None:
    known = catalogue(vendor("acme-pixel", name="Acme Pixel (Web)", segment_keys=["Actions Acme"]))
    for name in ("acme-pixel", "ACME_PIXEL", "Acme Pixel (Web)", "acmepixelweb", "actions acme"):
        found = known.vendor_by_alias(name)
        assert found is not None
        assert found.id == "acme-pixel"
    for name in ("acme", "", "---"):
        assert known.vendor_by_alias(name) is None


def test_an_alias_of_several_stands_for_nobody() -> None:
    known = catalogue(vendor("one", name="Pixel"), vendor("two", name="pixel!"), vendor("three", name="PIXEL"))
    assert known.vendor_by_alias("pixel") is None


def test_an_everyday_word_is_no_alias() -> None:
    names: Toml = {"name": "Close", "segment_keys": ["Close", "Close (Actions)"]}
    assert catalogue(vendor("close", **names)).vendor_by_alias("close") is not None
    known = catalogue(vendor("close", everyday_name=True, **names))
    for name in ("close", "Close", "CLOSE", "close!"):
        assert known.vendor_by_alias(name) is None
    found = known.vendor_by_alias("close_actions")
    assert found is not None
    assert found.id == "close"
    assert known.vendor_of_segment_key("Close") is found


def test_a_category_key_means_something_only_if_all_managers_agree() -> None:
    known = catalogue(
        managers=(
            manager("one", categories={"stats": "analytics", "ads": "marketing"}),
            manager("two", categories={"stats": "analytics", "ads": "functional"}),
            manager("three", categories={"ads": "functional"}),
        )
    )
    assert known.category_of_key("stats") is Category.ANALYTICS
    assert known.category_of_key("ads") is None
    assert known.category_of_key("other") is None


def test_a_name_for_people_falls_back_on_the_id() -> None:
    known = catalogue(vendor(name="Acme Inc."), managers=(manager(name="Ask Me"),))
    assert [known.name_of(id) for id in ("acme", "askme", "nobody")] == ["Acme Inc.", "Ask Me", "nobody"]


def test_a_choice_is_recorded_at_its_own_address_alone() -> None:
    known = catalogue(managers=(manager(recording=[recording()]),))
    found = known.recording_call("log.askme.example", "/log")
    assert found is not None
    assert found[0].id == "askme"
    assert known.recording_call("log.askme.example", "/logs") is None
    assert known.recording_call("askme.example", "/log") is None


def test_a_consent_managers_endpoints_are_found_like_a_vendors() -> None:
    known = catalogue(managers=(manager(endpoints=[endpoint("cdn.askme.example", kind="consent")]),))
    match = known.match("GET", "cdn.askme.example", "/e")
    assert match is not None
    assert (match.vendor, match.kind) == ("askme", CallKind.CONSENT)
