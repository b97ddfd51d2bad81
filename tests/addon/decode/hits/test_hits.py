"""What holds for every reader: found by its folder, bounded, and never an exception."""

from __future__ import annotations

import gzip
import pkgutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import addon.decode.hits as folder
from addon.decode.hits import IDENTIFIERS, MAX_HITS, HitReading, hit_readers, read_hits
from vendor_catalog import CallKind

from .calls import CATALOGUE, call, get, hits, only, post, problem, reading

GA4 = "https://www.google-analytics.com/g/collect"
_SHARED = {"reader", "wire"}
_PREFIXES = [b"", b"{", b'{"data":', b"data=", b"data=eyJ", b"[", b'{"events":[', b"en=", b"\x1f\x8b", b"e=%5B"]
ADDRESSES = [
    (vendor, match)
    for vendor in hit_readers()
    for endpoint in CATALOGUE.vendors[vendor].endpoints
    if endpoint.kind is CallKind.COLLECT
    for match in endpoint.matches
]


def test_every_module_of_the_folder_is_a_reader_of_a_vendor_in_the_catalogue() -> None:
    modules = {module.name.replace("_", "-") for module in pkgutil.iter_modules(folder.__path__)} - _SHARED
    assert modules == set(hit_readers())
    assert modules <= set(CATALOGUE.vendors)


@pytest.mark.parametrize("vendor", hit_readers())
def test_a_reader_says_what_it_reads_and_where_that_is_described(vendor: str) -> None:
    reader = hit_readers()[vendor]
    assert all(reader.decodes)
    assert all(reader.sources)
    assert set(reader.renewed) <= set(IDENTIFIERS)


def test_another_vendors_format_is_never_tried() -> None:
    exchange = get("https://t.co/i/adsct", id="1", ev="Purchase")
    assert reading(exchange) == HitReading()
    assert read_hits(exchange, None) == HitReading()


def test_only_calls_that_collect_are_read() -> None:
    assert reading(get("https://connect.facebook.net/en_US/fbevents.js", ev="Purchase")) == HitReading()


def test_a_preflight_carries_no_event() -> None:
    match = CATALOGUE.match("POST", "www.google-analytics.com", "/g/collect", "")
    assert read_hits(call(f"{GA4}?en=purchase", method="OPTIONS"), match) == HitReading()


def test_what_scripts_write_for_nothing_is_nothing() -> None:
    hit = only(get(GA4, en="page_view", tid="undefined", cid="null", uid="  "))
    assert (hit.account, hit.identifiers) == (None, {})


def test_texts_are_cut() -> None:
    hit = only(get(GA4, en="n" * 5000, cid="c" * 5000, tid="t" * 5000, dl="https://shop.example/" + "p" * 5000))
    assert hit.name is not None and hit.account is not None and hit.page_url is not None
    assert (len(hit.name), len(hit.account), len(hit.page_url), len(hit.identifiers["client_id"])) == (
        200,
        100,
        2000,
        256,
    )


def test_the_lines_of_a_batch_are_read_under_a_path_of_the_sites_own() -> None:
    query = "v=2&tid=G-QW12ER34TY&cid=5.6&gtm=45je5b1&gcd=13l3l3l2l1l1"
    found = hits(post(f"https://shop.example/q4w8zt/t?{query}", "en=page_view\nen=purchase&_et=5", kind="text/plain"))
    assert [hit.name for hit in found] == ["page_view", "purchase"]


def test_more_events_than_are_kept_leave_a_problem_beside_them() -> None:
    found = reading(post(f"{GA4}?tid=G-1", "en=scroll\n" * (MAX_HITS + 1)))
    assert len(found.hits) == MAX_HITS
    assert found.problem is not None
    assert "more than the 500 events" in found.problem.reason


def test_a_compressed_body_is_read() -> None:
    assert [hit.name for hit in hits(post(f"{GA4}?tid=G-1", gzip.compress(b"en=a\nen=b"), encoding="gzip"))] == [
        "a",
        "b",
    ]


def test_a_body_that_cannot_be_decompressed_leaves_a_problem() -> None:
    assert "cut short" in problem(post(f"{GA4}?tid=G-1", gzip.compress(b"en=a" * 1000)[:30], encoding="gzip"))


def test_a_query_of_thousands_of_fields_leaves_a_problem() -> None:
    assert "more than 1000 fields" in problem(call(f"{GA4}?" + "a=1&" * 2000))


@pytest.mark.parametrize(("vendor", "address"), ADDRESSES, ids=[address for _, address in ADDRESSES])
@settings(max_examples=10, deadline=None)
@given(prefix=st.sampled_from(_PREFIXES), tail=st.binary(max_size=60), as_form=st.booleans())
def test_no_body_makes_a_reader_raise(vendor: str, address: str, prefix: bytes, tail: bytes, as_form: bool) -> None:
    url = address.rpartition(" ")[2]
    kind = "multipart/form-data; boundary=b" if as_form else "application/json"
    match = next(found for found in [CATALOGUE.match(m, *_parts(url)) for m in ("POST", "GET")] if found is not None)
    assert match.vendor == vendor
    found = read_hits(call(url, method="POST", body=prefix + tail, kind=kind), match)
    assert found.problem is None or "oversight" not in found.problem.reason


def _parts(url: str) -> tuple[str, str, str]:
    exchange = call(url)
    return exchange.host, exchange.path, exchange.query


_NAMES = st.sampled_from(
    [
        "data",
        "events",
        "batch",
        "req",
        "t",
        "i",
        "e",
        "user_data",
        "user",
        "context",
        "pixel",
        "page",
        "ad",
        "properties",
        "$set",
        "identifiers",
        "traits",
        "attributes",
        "event",
        "name",
        "em",
        "ph",
        "email",
        "phone",
        "external_id",
        "userIds",
        "elements",
        "requests",
        "users",
        "pd",
        "device",
        "profile",
        "metric",
        "api_key",
        "pids",
    ]
)
_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("a@b.example")
_DOCUMENTS = st.recursive(
    _VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=12
)


@pytest.mark.parametrize(("vendor", "address"), ADDRESSES, ids=[address for _, address in ADDRESSES])
@settings(max_examples=15, deadline=None)
@given(body=st.dictionaries(_NAMES, _DOCUMENTS, max_size=5) | st.lists(_DOCUMENTS, max_size=3))
def test_values_of_any_type_in_any_place_are_no_oversight(vendor: str, address: str, body: object) -> None:
    url = address.rpartition(" ")[2]
    match = next(found for found in [CATALOGUE.match(m, *_parts(url)) for m in ("POST", "GET")] if found is not None)
    assert match.vendor == vendor
    found = read_hits(post(url, body), match)
    assert found.problem is None or "oversight" not in found.problem.reason
