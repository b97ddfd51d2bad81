"""Waiting for evidence: when a judgement is given out, how it moves, and that file and live captures end the same."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from addon.consent.signal import Signal
from addon.consent.timeline import Timeline
from addon.judge import pending as module
from addon.judge.acts.act import Act
from addon.judge.acts.calls import CallAct
from addon.judge.acts.messages import EventAct
from addon.judge.pending import Judgement, PendingJudgements, rules_by_act
from addon.judge.rule import Breach, ConsentView
from addon.judge.rules import all_rules
from addon.judge.verdict import Regime
from addon.routing.delivery import Basis, Outcome
from tests.addon.building import NOON
from vendor_catalog import CallKind

from .consent_views import call, consent_view, delivery, denied, event, granted, no_cookie, signal

RULES = rules_by_act(all_rules().values())


@dataclass
class Session:
    """Pending judgements with their timeline, and the judgements that they gave out."""

    live: bool
    before: ConsentView = field(default_factory=consent_view)
    given: list[tuple[str, str | None]] = field(default_factory=list)
    """Rule and verdict of every judgement given out; no verdict is one that was taken back."""
    raised: list[Judgement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pending = PendingJudgements(RULES, self.live)

    def take(self, cases: object) -> None:
        for case in cases:  # type: ignore[attr-defined]
            self.given.append((case.rule.slug, None if case.breach is None else str(case.breach.verdict)))
            if case not in self.raised:
                self.raised.append(case)

    def file(self, *acts: Act) -> None:
        for act in acts:
            self.take(self.pending.file(act, self.before))

    def see(self, at: float, one: Signal, *, reach: float = float("inf")) -> None:
        self.before.timeline.observe(one, NOON + at)
        if one.absent:
            self.before.timeline.look(one.host, NOON + at, frozenset(), "1.1")
        self.take(self.pending.review(self.before, NOON + at, reach=reach))

    def close(self) -> list[tuple[str, str | None]]:
        self.take(self.pending.close(self.before))
        return self.given

    def verdicts(self, rule: str = "event-without-consent") -> list[str | None]:
        return [verdict for slug, verdict in self.given if slug == rule]

    @property
    def standing(self) -> list[tuple[str, float, Breach]]:
        """The breaches that count in the end, without ids."""
        return [(case.rule.slug, case.act.at, case.breach) for case in self.raised if case.breach is not None]


def test_a_file_gives_out_the_last_word_only() -> None:
    session = Session(live=False)
    session.see(0, no_cookie())
    session.file(event(5))
    session.see(10, no_cookie())
    session.see(20, no_cookie())
    assert session.verdicts() == []
    session.close()
    assert session.verdicts() == ["likely"]


def test_a_live_capture_gives_out_a_verdict_at_once_and_moves_it_as_evidence_arrives() -> None:
    session = Session(live=True)
    session.see(0, no_cookie())
    session.file(event(5))
    assert session.verdicts() == ["unproven"]
    session.see(10, no_cookie())
    assert session.verdicts() == ["unproven", "likely"]
    session.close()
    assert session.verdicts() == ["unproven", "likely"]


def test_a_verdict_that_does_not_move_is_not_given_out_again() -> None:
    session = Session(live=True)
    open_banner = signal(answered=False)
    for at in (0, 10, 20, 30):
        session.see(at, open_banner)
        session.file(event(at + 5))
    assert session.verdicts().count("confirmed") == 3


def test_what_is_cleared_was_raised_and_what_was_never_raised_is_not_cleared() -> None:
    session = Session(live=True)
    session.see(0, no_cookie())
    session.file(event(4), event(6))
    session.see(10, granted(at=5))
    session.close()
    assert session.verdicts() == ["unproven", "unproven", "confirmed", None]
    fine = Session(live=True)
    fine.see(0, granted())
    fine.file(event(5))
    fine.see(10, granted())
    assert fine.close() == [("consent-not-stamped", "confirmed")]


def test_a_cleared_act_can_be_raised_again() -> None:
    """A late exchange shows that the grant had been withdrawn in between."""
    session = Session(live=True)
    session.see(0, no_cookie())
    session.file(event(7))
    session.see(10, granted(at=5))
    session.see(6.5, denied(at=6))
    session.close()
    assert session.verdicts() == ["unproven", None, "unproven"]


def test_what_no_evidence_can_change_is_given_out_at_once_even_for_a_file() -> None:
    session = Session(live=False)
    session.file(event(5))
    assert session.given == [("consent-not-stamped", "confirmed")]


def test_the_last_word_uses_what_came_long_after() -> None:
    """On a page that stays open: 5 minutes, other evidence in between, and then the cookie that dates the choice."""
    for live in (True, False):
        session = Session(live=live)
        session.see(0, no_cookie())
        session.file(event(6))
        session.see(60, no_cookie(host="blog.shop.example"))
        session.see(300, granted(at=5))
        session.close()
        assert session.standing == [("consent-not-stamped", NOON + 6, session.raised[0].breach)]


def test_evidence_of_another_host_does_not_use_up_the_first_look_after_an_act() -> None:
    for live in (True, False):
        session = Session(live=live)
        session.see(0, no_cookie())
        session.file(event(5))
        session.see(6, no_cookie(host="blog.shop.example"), reach=0)
        session.see(7, no_cookie(), reach=0)
        session.close()
        assert [breach.verdict for rule, _, breach in session.standing if rule == "event-without-consent"] == ["likely"]


def test_evidence_from_before_an_act_leaves_it_waiting_for_what_comes_after() -> None:
    """A slow page arrives after the message that was sent while it loaded."""
    session = Session(live=True)
    session.see(0, no_cookie())
    session.file(event(5))
    session.see(3, no_cookie(), reach=0)
    assert session.verdicts() == ["unproven"]
    session.see(10, no_cookie(), reach=0)
    assert session.verdicts() == ["unproven", "likely"]


def test_news_of_a_stamp_reaches_back_only_so_far_while_a_capture_runs() -> None:
    session = Session(live=True)
    session.see(0, no_cookie())
    session.file(event(5))
    session.see(6, no_cookie(), reach=0)
    session.before.timeline.observe(granted(at=4), NOON + 50)
    session.take(session.pending.review(session.before, NOON + 50, reach=30))
    assert session.verdicts() == ["unproven", "likely"]
    session.close()
    assert session.verdicts() == ["unproven", "likely"], "the absence at 6 s outlives a date from before it"


def test_an_act_is_amended_in_its_place() -> None:
    for live in (True, False):
        session = Session(live=live)
        session.see(0, denied())
        predicted = delivery(Outcome.AMBIGUOUS)
        seen = delivery(Outcome.FLOWS, basis=Basis.OBSERVED)
        session.file(predicted, delivery(Outcome.AMBIGUOUS, at=6))
        session.take(session.pending.amend(predicted, seen, session.before))
        session.close()
        verdicts = [(at - NOON, str(breach.verdict)) for rule, at, breach in session.standing]
        assert sorted(verdicts) == [(5, "confirmed"), (6, "unproven")]


def test_waiting_is_bounded_and_the_oldest_is_given_out_first() -> None:
    for live in (True, False):
        session = Session(live=live)
        session.see(0, no_cookie())
        for number in range(module.MAX_WAITING + 50):
            session.file(call(CallKind.COLLECT, at=1 + number / 1000))
        assert len(session.pending._waiting) <= module.MAX_WAITING
        assert len(session.pending._fresh) <= module.MAX_WAITING
        session.close()
        assert len(session.standing) == module.MAX_WAITING + 50
        assert not session.pending._waiting
        assert session.pending._fresh == deque()


def test_every_rule_gets_the_acts_that_it_names() -> None:
    for rule in all_rules().values():
        for act in rule.acts:
            assert rule in RULES[act]
    assert {"sdk-load-without-consent", "destination-without-consent"} <= {rule.slug for rule in RULES[CallAct]}
    assert "event-without-consent" in {rule.slug for rule in RULES[EventAct]}


# --- any order of acts and evidence

MOMENTS = st.floats(0, 120, allow_nan=False).map(lambda at: round(at, 1))
SIGNALS = st.sampled_from(
    [
        no_cookie,
        lambda: no_cookie(host="blog.shop.example"),
        lambda: no_cookie(answered=None, origin="onetrust"),
        granted,
        denied,
        lambda: signal(answered=False),
        lambda: granted(at=30),
        lambda: denied(at=60),
        lambda: granted(at=45, origin="onetrust"),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("see"), MOMENTS, SIGNALS, st.sampled_from([0.0, 30.0, float("inf")])),
        st.tuples(st.sampled_from(["event", "call", "delivery"]), MOMENTS),
    ),
    max_size=25,
)


def played(steps: list[tuple[object, ...]], *, live: bool, regime: Regime) -> Session:
    session = Session(live=live, before=ConsentView(Timeline(), regime))
    for step in steps:
        match step:
            case ("see", float(at), made, float(reach)):
                session.see(at, made(), reach=reach)  # type: ignore[operator]
            case ("event", float(at)):
                session.file(event(at))
            case ("call", float(at)):
                session.file(call(CallKind.COLLECT, at=at))
            case ("delivery", float(at)):
                session.file(delivery(at=at))
    session.close()
    return session


def outcome(session: Session) -> list[tuple[object, ...]]:
    return sorted(
        (rule, at, str(breach.verdict), str(breach.phase), breach.explanation) for rule, at, breach in session.standing
    )


@settings(max_examples=150, deadline=None, derandomize=True)
@given(STEPS, st.sampled_from(Regime))
def test_live_and_file_end_the_same_and_as_if_everything_had_been_known_from_the_start(
    steps: list[tuple[object, ...]], regime: Regime
) -> None:
    live, file = played(steps, live=True, regime=regime), played(steps, live=False, regime=regime)
    assert outcome(live) == outcome(file)
    for case in live.raised:
        assert case.breach is None or case.rule.check(case.act, live.before) == case.breach
    assert None not in [verdict for _, verdict in file.given]
