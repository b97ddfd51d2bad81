"""Everything that there is to fix: the causes, each with what it would end."""

from __future__ import annotations

from addon.findings.causes import cause_document, read_causes
from addon.findings.names import read_names
from datasette_plugins.plugin.page import Ask, Entry, Page, Shown


def read(ask: Ask) -> Shown:
    names = read_names(ask.connection)
    causes = read_causes(ask.connection, names)
    context = {"causes": causes, "names": names, "violations": sum(cause.violations for cause in causes)}
    return Shown(context, {"causes": [cause_document(cause) for cause in causes]})


PAGE = Page(
    route="/{database}/-/causes",
    template="consentwire/cause_list.html",
    tables=("captures", "violations", "violation_counts", "findings", "names"),
    read=read,
    entry=Entry("What to fix", 5),
)
