"""The page of a violation: the one that goes into a bug report."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from datasette.app import Datasette

from addon.policy import parse_policy
from vendor_catalog import shipped_catalogue

from .building import Asked, Capture, analysed, iso, shop


async def of(datasette: Datasette, rows: Asked, where: str) -> tuple[str, dict[str, Any]]:
    """The page and the document of the first violation of a kind."""
    number = rows(f"SELECT id FROM violations WHERE {where} ORDER BY occurred_at LIMIT 1")[0][0]
    page = await datasette.client.get(f"/sample/-/violations/{number}")
    assert page.status_code == 200
    return page.text, (await datasette.client.get(f"/sample/-/violations/{number}.json")).json()


REFUSED = "rule = 'destination-without-consent' AND phase = 'after-denial'"


async def test_a_violation_says_what_was_observed_and_what_was_expected(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, REFUSED)
    assert (
        "Meta Pixel&#39;s collection endpoint on www.facebook.com was called with the event &#39;PageView&#39;</h1>"
        in page
    )
    assert "Consent was refused: the cookie cc_cookie dates the choice to 12:00:08.000Z" in page
    assert document["expected"] == "Nothing that needs marketing consent happens after the person refused it."


async def test_a_verdict_says_what_it_means(datasette: Datasette, rows: Asked) -> None:
    page, _ = await of(datasette, rows, REFUSED)
    assert "A signal of consent in force at that moment shows it" in page
    page, _ = await of(datasette, rows, "rule = 'consent-not-stamped'")
    assert "The act itself shows it" in page
    page, _ = await of(datasette, rows, "verdict = 'likely'")
    assert "later traffic of the same session still shows none" in page


async def test_what_is_not_proven_is_called_potential(datasette: Datasette, rows: Asked) -> None:
    page, _ = await of(datasette, rows, "verdict = 'unproven'")
    assert re.search(r"<h1[^>]*>Potential: ", page)
    page, _ = await of(datasette, rows, "verdict = 'confirmed'")
    assert not re.search(r"<h1[^>]*>Potential: ", page)


async def test_the_evidence_is_the_exchange_the_message_and_the_signals(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, "rule = 'fanout-without-consent' AND phase = 'after-denial'")
    assert document["signal"]["carrier"] == "cookie cc_cookie"
    assert document["exchange"]["host"] == "api.segment.io"
    assert "https://api.segment.io/v1/t" in page
    assert "&#39;Order Completed&#39;" in page
    assert "&#34;categories&#34;" in page


async def test_credentials_are_masked_in_the_evidence(built: Callable[..., Datasette]) -> None:
    session = Capture()
    session.page(0)
    headers = {"Origin": session.address[:-1], "Authorization": "Basic dG9wLXNlY3JldA==", "Cookie": "id=private-value"}
    session.add(1, "GET", "https://www.facebook.com/tr/?id=1&ev=PageView", headers)
    datasette = built(session)
    for address in ("/sample/-/violations/1.v1", "/sample/-/violations/1.v1.json", "/sample/exchanges/1~2E2"):
        page = (await datasette.client.get(address)).text
        assert "dG9wLXNlY3JldA" not in page
        assert "private-value" not in page
        assert "characters" in page


async def test_steps_are_page_loads_dated_choices_and_marks_in_order(tmp_path: Path) -> None:
    path = analysed(tmp_path, shop())
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO marks (id, capture_id, session_id, exchange_id, kind, text, marked_at)"
            " VALUES ('1.m1', 1, '1.s1', '1.1', 'note', 'pressed Save', ?)",
            (iso(7.5),),
        )
        number = connection.execute(f"SELECT id FROM violations WHERE {REFUSED} ORDER BY occurred_at").fetchone()[0]
    document = (await Datasette([str(path)]).client.get(f"/sample/-/violations/{number}.json")).json()
    steps = [step["text"] for step in document["steps"]]
    assert steps[:3] == [
        "Open https://www.shop.example/",
        "pressed Save",
        "Answer the banner: granted analytics, refused functional and marketing",
    ]
    assert steps[3].startswith("Watch GET www.facebook.com")
    assert not any("checkout" in step for step in steps), "the page that was opened later is no step"


async def test_the_strip_marks_the_moment(datasette: Datasette, rows: Asked) -> None:
    page, _ = await of(datasette, rows, REFUSED)
    assert '<g class="tl-focus">' in page
    assert "<title>This violation</title>" in page


async def test_the_suppression_is_a_policy_entry_that_covers_it(datasette: Datasette, rows: Asked) -> None:
    for (number,) in rows("SELECT id FROM violations"):
        document = (await datasette.client.get(f"/sample/-/violations/{number}.json")).json()
        policy = parse_policy(document["suppression"], shipped_catalogue())
        violation = document["violation"]
        covering = policy.suppression_of(
            rule=violation["rule"],
            vendor=violation["vendor"],
            destination=violation["destination"],
            site=violation["site"],
            event=violation["event_name"],
            at=1795435200.0,
        )
        assert covering is not None


async def test_the_page_offers_the_entry_and_a_report_to_copy(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, REFUSED)
    entry = re.search(r'<pre id="suppression"[^>]*>(.*?)</pre>', page, re.DOTALL)
    assert entry is not None
    assert tomllib.loads(unescape(entry[1])) == tomllib.loads(document["suppression"])
    assert '<pre id="report"' in page
    assert 'data-copy="report" hidden' in page, "without a script there is no button that does nothing"


async def test_why_how_and_sources_come_from_the_rule(datasette: Datasette, rows: Asked) -> None:
    page, document = await of(datasette, rows, REFUSED)
    for text in (document["rule"]["why"], document["rule"]["fix"], *document["rule"]["sources"]):
        assert text in unescape(page)


async def test_a_rule_of_another_version_is_no_error(tmp_path: Path) -> None:
    path = analysed(tmp_path, shop())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE violations SET rule = 'rule-of-tomorrow'")
    datasette = Datasette([str(path)])
    page = await datasette.client.get("/sample/-/violations/1.v1")
    assert page.status_code == 200
    assert "does not know the rule rule-of-tomorrow" in page.text
    assert (await datasette.client.get("/")).status_code == 200


@pytest.mark.parametrize("verdict", ["cleared"])
async def test_a_cleared_violation_is_kept_and_said_to_be_taken_back(tmp_path: Path, verdict: str) -> None:
    path = analysed(tmp_path, shop())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE violations SET verdict = ? WHERE id = '1.v1'", (verdict,))
    page = (await Datasette([str(path)]).client.get("/sample/-/violations/1.v1")).text
    assert "Raised while the capture ran, and taken back" in page


async def test_an_act_that_is_wrong_by_itself_is_not_called_one_without_a_signal(
    datasette: Datasette, rows: Asked
) -> None:
    """Such rules judge no moment, so that a phase would say what nobody looked at; and what to do is said once."""
    key = rows("SELECT id FROM violations WHERE rule = 'consent-not-stamped'")[0][0]
    page = (await datasette.client.get(f"/sample/-/violations/{key}")).text
    assert "no signal of consent" not in page
    assert "Phase:" not in page
    assert page.count("How to fix</h2>") == 1
    key = rows("SELECT id FROM violations WHERE rule = 'event-without-consent' AND phase = 'before-choice'")[0][0]
    page = (await datasette.client.get(f"/sample/-/violations/{key}")).text
    assert "Phase: before the choice." in page
    assert "<h2>Expected</h2>" in page
