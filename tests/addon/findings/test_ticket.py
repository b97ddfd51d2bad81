"""A violation for a bug tracker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from addon.findings.names import Names
from addon.findings.rows import Violation
from addon.findings.steps import Step
from addon.findings.ticket import markdown

anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@given(anything)
def test_a_report_keeps_names_from_the_wire_within_code(name: str) -> None:
    violation = Violation(
        "1.v1", "1.s1", "1.1", None, "event-without-consent", "error", "confirmed", "no-signal", "segment", name, None,
        name, name, "2026-11-23T12:00:00.000Z", f"The message {name!r} was sent. {name}", "f", None,
    )  # fmt: skip
    text = markdown(violation, None, None, None, [Step(f"Open {name}", "page load")], Names({}, {}, {}))
    assert text.count("\n## ") == 3
    assert text.startswith("# ")
