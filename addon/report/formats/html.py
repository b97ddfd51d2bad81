"""One HTML file that opens offline and prints: what to fix, what it rests on, and what could not be seen.

The document is built as a tree of elements, so that nothing of the wire can become markup.
"""

from __future__ import annotations

from importlib import resources
from xml.etree.ElementTree import Element, tostring

from addon import __version__
from addon.findings.audit import Answer
from addon.findings.causes import Cause
from addon.findings.coverage import LABELS, said, shown_states
from addon.findings.gravity import HELD
from addon.findings.report import Report
from addon.findings.rows import SUPPRESSED, Finding
from addon.findings.rules import Verdict, rule_of
from addon.findings.sentences import VERDICT_MEANINGS
from addon.findings.text import counted
from addon.findings.visibility import shortfalls
from addon.findings.visibility.text import hosts, ratio
from addon.report.format import Format
from addon.report.sentences import conclusion, phase, sentence, subject
from addon.report.text import plain

_MAX_FINDINGS = 2000
_MAX_GAPS = 1000
_MAX_PLACES = 20
_MAX_SUBJECTS = 100
_MAX_TEXT = 1500


def render(report: Report) -> str:
    """The whole document."""
    style = resources.files("addon.report").joinpath("report.css").read_text(encoding="utf-8")
    head = _tag(
        "head",
        _tag("meta", charset="utf-8"),
        _tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        _tag("meta", content="default-src 'none'; style-src 'unsafe-inline'", http_equiv="Content-Security-Policy"),
        _tag("meta", name="generator", content=f"consentwire {__version__}"),
        _tag("title", "Consent report"),
        _tag("style", style),
    )
    body = _tag(
        "body",
        _tag("header", _tag("h1", "Consent report"), _tag("p", conclusion(report), of="lead"), _tiles(report)),
        _tag("main", *_sections(report)),
        _tag("footer", _tag("p", _footer(report))),
    )
    return f"<!doctype html>\n{tostring(_tag('html', head, body, lang='en'), encoding='unicode', method='html')}\n"


def _sections(report: Report) -> list[Element]:
    found = [
        _tag("p", _tag("strong", "This is no pass. "), f"{_shown(each.reason)}. {_shown(each.remedy)}", of="warning")
        for each in shortfalls(report.visibility)
    ]
    if report.causes:
        causes = (_cause(cause, report) for cause in report.causes)
        found.append(_tag("section", _tag("h2", "What to fix"), _tag("ol", *causes, of="causes")))
    found += _coverage(report)
    held = [finding for finding in report.findings if finding.counts]
    if held:
        found.append(_tag("section", _tag("h2", f"Findings ({len(held):,})"), *_findings(held, report)))
    suppressed = [finding for finding in report.findings if finding.triage == SUPPRESSED]
    if suppressed:
        lines = (
            _tag("li", f"{_shown(sentence(each, report.names))}: {_shown(each.suppressed or 'by the policy')}")
            for each in suppressed[:_MAX_FINDINGS]
        )
        found.append(_tag("section", _tag("h2", "Suppressed by the policy"), _tag("ul", *lines)))
    found.append(_blind(report))
    if report.audit:
        found.append(_audit(report))
    verdicts = [part for verdict in HELD for part in (_tag("dt", verdict), _tag("dd", VERDICT_MEANINGS[verdict]))]
    found.append(_tag("section", _tag("h2", "What a verdict means"), _tag("dl", *verdicts)))
    return found


def _tiles(report: Report) -> Element:
    tiles = []
    for verdict in HELD:
        number = sum(cause.verdicts[verdict] for cause in report.causes)
        tiles.append(_tag("li", _tag("b", f"{number:,}"), f" {verdict}", of=verdict))
    return _tag("ul", *tiles, of="tiles", aria_label="Violations by verdict")


def _coverage(report: Report) -> list[Element]:
    """Who was seen in which state of consent, and what came of it: a table a place."""
    states = shown_states(report.coverage.places)
    tables = []
    for place in report.coverage.places[:_MAX_PLACES]:
        heads = (_tag("th", LABELS[state], scope="col") for state in states)
        rows = []
        for each in place.subjects[:_MAX_SUBJECTS]:
            cells = (
                _tag("td", said(each.cells[state]), of=f"c-{each.cells[state].outcome.value.replace(' ', '-')}")
                for state in states
            )
            name = _shown(report.names.receiver(each.vendor, each.destination))
            rows.append(_tag("tr", _tag("th", name, scope="row"), *cells))
        more = len(place.subjects) - _MAX_SUBJECTS
        table = _tag("table", _tag("thead", _tag("tr", _tag("td"), *heads)), _tag("tbody", *rows))
        tables += [_tag("h3", _shown(place.name)), _tag("div", table, of="wide", tabindex="0")]
        tables += [_tag("p", f"{more:,} more are left out here.")] if more > 0 else []
    if not tables:
        return []
    note = (
        "Clean: seen without a violation, or silent in a state in which requests went out, though seen in another one."
        " Not exercised: nothing was requested in that state, so that silence says nothing."
    )
    return [_tag("section", _tag("h2", "What was exercised"), _tag("p", note, of="facts"), *tables)]


def _audit(report: Report) -> Element:
    parts = []
    for each in report.audit:
        style = {Answer.NO: "confirmed", Answer.NOT_SHOWN: "unproven"}.get(each.answer, "")
        remedy = f" {each.remedy}" if each.remedy else ""
        parts.append(
            _tag("li", f"{each.question} ", _tag("strong", each.answer, of=style), f". {each.evidence}{remedy}")
        )
    return _tag("section", _tag("h2", "The questions of an audit"), _tag("ol", *parts))


def _cause(cause: Cause, report: Report) -> Element:
    since = (
        f" First seen {_shown(cause.first_at)}, last {_shown(cause.last_at)}."
        if cause.first_at and cause.last_at
        else ""
    )
    parts = [
        _tag("h3", _shown(cause.title)),
        _tag(
            "p",
            _chip(cause.verdict),
            f" {cause.severity}. ",
            _shown(cause.consequence(report.names)),
            f" {cause.certainty}.{since}",
        ),
    ]
    if cause.fix:
        parts.append(
            _tag("p", _tag("strong", f"Fix, which ends {counted(cause.violations, 'violation')}: "), cause.fix)
        )
    # named, and not in a sentence: the sentence of a finding is about one violation, which may have another cause
    listed = [finding for finding in report.findings if finding.fingerprint in cause.by_finding]
    links = (
        _tag("li", _tag("a", _shown(f"{each.rule}: {subject(each, report.names)}"), href=f"#{each.fingerprint}"))
        for each in listed[:_MAX_FINDINGS]
    )
    parts.append(_tag("details", _tag("summary", counted(len(cause.by_finding), "finding")), _tag("ul", *links)))
    return _tag("li", *parts)


def _findings(held: list[Finding], report: Report) -> list[Element]:
    parts = [_finding(finding, report) for finding in held[:_MAX_FINDINGS]]
    if len(held) > _MAX_FINDINGS:
        parts.append(
            _tag("p", f"{len(held) - _MAX_FINDINGS:,} more findings are left out here; the database has them all.")
        )
    return parts


def _finding(finding: Finding, report: Report) -> Element:
    rule = rule_of(finding.rule)
    facts = [finding.rule, phase(finding), _shown(finding.site or ""), counted(finding.violations, "violation")]
    if finding.signal_source:
        facts.append(f"consent known from {_shown(report.names.source(finding.signal_source))}, {finding.signal_at}")
    facts.append(f"{finding.first_at} to {finding.last_at}")
    parts = [
        _tag("h3", _chip(finding.verdict), f" {_shown(sentence(finding, report.names))}"),
        _tag("p", " · ".join(fact for fact in facts if fact), of="facts"),
        _tag("p", _shown(finding.explanation)),
    ]
    if rule is not None:
        more = [
            _tag("p", rule.why),
            _tag("p", _tag("strong", "How to fix it: "), rule.fix),
            _tag("p", "; ".join(rule.references), of="facts"),
        ]
        parts.append(_tag("details", _tag("summary", "Why it matters, and how to fix it"), *more))
    parts.append(_tag("p", f"Finding {finding.fingerprint}, for example violation {finding.violation}", of="facts"))
    return _tag("article", *parts, id=finding.fingerprint)


def _blind(report: Report) -> Element:
    lines = [
        _tag("li", f"{gap.kind}{f' ({_shown(gap.host)})' if gap.host else ''}: {_shown(gap.reason)}")
        for gap in report.gaps[:_MAX_GAPS]
    ]
    if len(report.gaps) > _MAX_GAPS:
        lines.append(_tag("li", f"{len(report.gaps) - _MAX_GAPS:,} more"))
    seen = (_tag("p", ratio(report.visibility)), _tag("p", _shown(hosts(report.visibility.hosts))))
    empty = [] if lines else [_tag("p", "No gap was recorded.")]
    return _tag("section", _tag("h2", "What could not be seen"), *seen, _tag("ul", *lines), *empty)


def _footer(report: Report) -> str:
    files = ", ".join(
        f"{number} ({kind}{f', {_shown(path)}' if path else ''})" for number, kind, path in report.captures[:20]
    )
    more = f" and {len(report.captures) - 20:,} more" if len(report.captures) > 20 else ""
    return (
        f"consentwire {__version__}. Captures: {files or 'none'}{more}. Times are UTC. Everything was recorded from the wire; what a"
        " CDP's servers send on is predicted. This is technical evidence, no legal opinion."
    )


def _shown(text: str) -> str:
    """Text of the wire, without control characters, and not without end."""
    return plain(text[:_MAX_TEXT])


def _chip(verdict: Verdict) -> Element:
    return _tag("span", verdict, of=f"chip {verdict}")


def _tag(tag: str, /, *children: Element | str, of: str = "", **attributes: str) -> Element:
    """An element; ``of`` is its class."""
    element = Element(tag, {key.replace("_", "-"): value for key, value in attributes.items()})
    if of:
        element.set("class", of)
    last: Element | None = None
    for child in children:
        if isinstance(child, str):
            if last is None:
                element.text = (element.text or "") + child
            else:
                last.tail = (last.tail or "") + child
        else:
            element.append(child)
            last = child
    return element


FORMAT = Format(name="html", help="one page that opens offline and prints", extension="html", render=render)
