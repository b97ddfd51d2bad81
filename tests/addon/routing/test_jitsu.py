"""Jitsu's answer to a message says what the page feeds."""

from __future__ import annotations

from addon.decode.facts import Mode
from addon.routing import Message, Plan
from addon.routing.delivery import Outcome
from addon.routing.jitsu import ROUTER

from .predictions import denied


def test_what_jitsus_answer_names_the_page_feeds() -> None:
    sent = Message(denied("ads"), bundled=("ga4-tag", "hotjar"))
    named = ROUTER.named(sent)
    assert [each.names for each in named] == [("ga4-tag", "Google Analytics 4"), ("hotjar",)]
    deliveries = ROUTER.deliveries(sent, Plan(tuple(named)))
    assert [(one.outcome, one.mode) for one in deliveries] == [(Outcome.FLOWS, Mode.DEVICE)] * 2
