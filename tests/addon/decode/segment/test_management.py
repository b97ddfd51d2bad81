"""Segment's management interface, current and legacy, well-formed and not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.decode import decode
from addon.decode.facts import Decoded, Regulation
from tests.addon.building import request

US, EU = "https://api.segmentapis.com", "https://eu1.api.segmentapis.com"
LEGACY = "https://platform.segmentapis.com/v1beta/workspaces/acme/regulations"
ORDER = {"regulationType": "SUPPRESS_ONLY", "subjectType": "USER_ID", "subjectIds": ["one", "two"]}


def decoded(url: str, body: Any = None, **more: Any) -> Decoded | None:
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    method = more.pop("method", "GET" if body is None else "POST")
    return decode(request(0, url, method=method, body=sent, **more), None, {})


def regulation(url: str, body: Any = None, **more: Any) -> Regulation:
    found = decoded(url, body, **more)
    assert found is not None
    assert found.regulation is not None
    return found.regulation


@pytest.mark.parametrize("host", [US, EU])
@pytest.mark.parametrize(
    ("path", "source"),
    [("/regulations", None), ("/regulations/sources/s1", "s1"), ("/regulations/cloudsources/c1", "c1")],
)
def test_an_order_names_its_type_its_subjects_and_its_source(host: str, path: str, source: str | None) -> None:
    found = regulation(host + path, ORDER)
    assert (found.action, found.type, found.subject_type) == ("request", "SUPPRESS_ONLY", "USER_ID")
    assert (found.subjects, found.subject_count, found.source) == (("one", "two"), 2, source)
    assert found.stops_collection


def test_the_legacy_interface_orders_in_words_of_its_own() -> None:
    body = {"regulation_type": "Suppress_With_Delete", "attributes": {"name": "userId", "values": ["one"]}}
    found = regulation(LEGACY, body)
    assert (found.type, found.subject_type, found.subjects) == ("SUPPRESS_WITH_DELETE", "USER_ID", ("one",))
    assert found.stops_collection


@pytest.mark.parametrize(
    ("url", "action"),
    [
        (f"{US}/regulations", "list"),
        (f"{US}/regulations/reg-1", "status"),
        (f"{US}/regulations/sources/s1", "list"),
        (f"{US}/suppressions", "suppressions"),
        (LEGACY, "list"),
        (f"{LEGACY}/reg-1", "status"),
    ],
)
def test_a_look_is_told_from_an_order(url: str, action: str) -> None:
    found = regulation(url)
    assert (found.action, found.subject_count) == (action, 0)
    assert not found.stops_collection


@pytest.mark.parametrize("kind", ["DELETE_ONLY", "DELETE_INTERNAL", "UNSUPPRESS", None])
def test_what_does_not_suppress_does_not_stop_collection(kind: str | None) -> None:
    assert not regulation(f"{US}/regulations", {**ORDER, "regulationType": kind}).stops_collection


def test_the_answer_tells_what_became_of_it() -> None:
    answer = json.dumps({"data": {"regulation": {"overallStatus": "running"}}}).encode()
    assert regulation(f"{US}/regulations/reg-1", answer=answer).status == "RUNNING"
    assert regulation(f"{US}/regulations/reg-1", answer=b"nonsense").status is None


def test_taking_a_regulation_back_is_no_order_and_no_deletion() -> None:
    found = decoded(f"{US}/regulations/reg-1", method="DELETE")
    assert found is not None
    assert found.regulation is None


def test_a_token_is_seen_on_any_call_and_never_kept() -> None:
    for url in (f"{US}/regulations", f"{US}/sources", LEGACY):
        found = decoded(url, ORDER, headers={"authorization": "Bearer sgp_secret"})
        assert found is not None
        assert found.workspace_token
        assert "sgp_secret" not in repr(found)
    for value in ("Basic a2V5Og==", "Bearer", "Bearer  ", ""):
        found = decoded(f"{US}/regulations", ORDER, headers={"authorization": value})
        assert found is not None
        assert not found.workspace_token


@pytest.mark.parametrize(
    "url",
    [
        "https://events.eu1.segmentapis.com/regulations",
        "https://api.segment.io/regulations",
        "https://shop.example/regulations",
    ],
)
def test_other_hosts_regulate_nobody(url: str) -> None:
    found = decoded(url, ORDER)
    assert found is None or found.regulation is None


def test_a_preflight_orders_nothing() -> None:
    found = decoded(f"{US}/regulations", method="OPTIONS", headers={"authorization": "Bearer x"})
    assert found is not None
    assert found.regulation is None
    assert not found.workspace_token


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 4000, b"\xff\xfe"])
def test_an_order_that_cannot_be_read_is_a_problem_and_not_lost(body: bytes) -> None:
    found = decoded(f"{US}/regulations", body)
    assert found is not None
    assert found.regulation is None
    assert [problem.kind for problem in found.problems] == ["undecodable-body"]


NAMES = st.sampled_from(["regulationType", "subjectIds", "attributes", "values", "regulation_type"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)))
def test_no_body_makes_it_fail(body: Any) -> None:
    for url in (f"{US}/regulations", LEGACY):
        assert decoded(url, json.dumps(body).encode()) is not None


def test_subjects_are_kept_up_to_what_one_call_may_hold() -> None:
    found = regulation(f"{US}/regulations", {**ORDER, "subjectIds": [str(number) for number in range(6000)]})
    assert (len(found.subjects), found.subject_count) == (5000, 6000)
