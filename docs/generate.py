"""Writes the reference pages from the code, so that they cannot say anything else than it does.

    python docs/generate.py

Each page has a hand-written head; what stands below the line ``<!-- generated -->`` is replaced. A test fails if a page is
out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import BaseModel

from addon.cli import main as command
from addon.decode import decoders as cdp_decoders
from addon.decode.hits import IDENTIFIERS, hit_readers
from addon.judge.causes import all_causes
from addon.judge.rules import all_rules
from addon.policy import Policy
from addon.routing import routers
from addon.store.schema import TABLES
from addon.store.schema.gaps import KINDS
from vendor_catalog import Category, ConsentManager, DeclaredFormat, Vendor, shipped_catalogue
from vendor_catalog.models import (
    ApiListener,
    ConsentCookie,
    Endpoint,
    RecordingCall,
    ScriptApi,
    VendorCookie,
    VendorStorageKey,
)

HERE = Path(__file__).parent
LINE = "<!-- generated -->"


def rules() -> Iterator[str]:
    yield "| rule | severity | broken when |"
    yield "| --- | --- | --- |"
    for rule in all_rules().values():
        yield f"| [{rule.slug}](#{rule.slug}) | {rule.severity} | {rule.summary} |"
    for rule in all_rules().values():
        yield f"\n## {rule.slug}\n"
        yield f"**{rule.severity}** · {rule.summary}\n"
        yield f"*Needs* {rule.needs}.\n"
        yield f"*Why it matters.* {rule.why}\n"
        yield f"*How to fix it.* {rule.fix}\n"
        yield f"*Sources:* {'; '.join(rule.references)}."


def causes() -> Iterator[str]:
    yield "## Kinds\n"
    yield "| kind | what is wrong | the change that ends it |"
    yield "| --- | --- | --- |"
    for kind in all_causes().values():
        title = kind.title.format(vendor="*vendor*", destination="*destination*", site="*site*")
        yield f"| `{kind.slug}` | {title}. | {kind.fix} |"


def commands() -> Iterator[str]:
    yield from _command(command, "consentwire")


def _command(item: click.Command, name: str) -> Iterator[str]:
    # as the program itself makes it, with -h: click keeps the first help option that was wanted of a command, whoever wanted it
    item._help_option = None
    context = click.Context(
        item, info_name=name, max_content_width=100, terminal_width=100, help_option_names=["-h", "--help"]
    )
    yield f"\n## {name}\n"
    yield f"```text\n{item.get_help(context)}\n```"
    if isinstance(item, click.Group):
        for sub in sorted(item.commands):
            yield from _command(item.commands[sub], f"{name} {sub}")


def policy() -> Iterator[str]:
    titles = {
        "policy": "[policy]",
        "categories": "[categories]",
        "sites": '[sites."shop.example"]',
        "destinations": '[destinations."Snowflake"]',
        "vendors": "[vendors.amplitude]",
        "consent_managers": "[consent_managers.house-banner]",
        "catalogue": "[catalogue]",
        "personal_data": "[personal_data]",
        "cookies": "[cookies]",
        "scope": "[scope]",
        "suppress": "[[suppress]]",
        "storage": "[storage]",
    }
    for key, field in Policy.model_fields.items():
        yield f"\n## `{titles[key]}`\n"
        yield field.description or ""
        model = _model_in(field.annotation)
        if model is not None:
            yield from _fields(model)
        if key == "consent_managers":
            yield f"\n## `[{key}.house-banner.declared]`\n"
            yield " ".join((DeclaredFormat.__doc__ or "").split())
            yield from _fields(DeclaredFormat)


def _model_in(annotation: object) -> type[BaseModel] | None:
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, BaseModel)), None)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield "\n| key | meaning | default |"
    yield "| --- | --- | --- |"
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else f"`{field.get_default(call_default_factory=True)}`"
        text = " ".join((field.description or "").split())
        yield f"| `{name}` | {text} | {default if default != '`None`' else ''} |"


def database() -> Iterator[str]:
    for table in TABLES:
        yield f"\n## {table.name}\n"
        yield f"{table.help}\n"
        yield "| column | type | meaning |"
        yield "| --- | --- | --- |"
        for name, column in table.columns.items():
            key = ", key" if name in table.key else ""
            reference = f" → {column.references}" if column.references else ""
            yield f"| `{name}` | {column.kind}{key}{reference} | {column.help} |"


def gaps() -> Iterator[str]:
    yield "| kind | what could not be seen | for a pass | what to do |"
    yield "| --- | --- | --- | --- |"
    for name, kind in KINDS.items():
        yield f"| `{name}` | {kind.text} | {kind.consequence} | {kind.remedy} |"


def catalogue() -> Iterator[str]:
    models = {
        "A vendor (`vendors/<id>.toml`)": Vendor,
        "`[[endpoints]]`": Endpoint,
        "`[[cookies]]` of a vendor": VendorCookie,
        "`[[storage]]` of a vendor": VendorStorageKey,
        "A consent manager (`cmps/<id>.toml`)": ConsentManager,
        "`[[cookies]]` of a consent manager": ConsentCookie,
        "`[[recording]]`": RecordingCall,
        "`[[apis]]`": ScriptApi,
        "`listeners` of `[[apis]]`": ApiListener,
    }
    for title, model in models.items():
        yield f"\n## {title}"
        yield from _fields(model)
    shipped = shipped_catalogue()
    yield f"\n## What ships\n\n{len(shipped.vendors)} vendors.\n"
    for category in Category:
        listed = [vendor.id for vendor in shipped.vendors.values() if vendor.category is category]
        yield f"{len(listed)} {category}: {', '.join(listed)}.\n"
    yield f"{len(shipped.consent_managers)} consent managers and standards: {', '.join(shipped.consent_managers)}."


def decoders() -> Iterator[str]:
    yield "## Messages\n"
    yield "| CDP | what is decoded | consent in its messages | where they go on is predicted by | sources |"
    yield "| --- | --- | --- | --- | --- |"
    for decoder in sorted(cdp_decoders(), key=lambda each: each.name.lower()):
        stamping = decoder.stamping
        consent = "no place for it" if stamping is None else f"`{stamping.place}`"
        name = f"{decoder.name} (`{decoder.cdp}`)"
        router = routers().get(decoder.cdp)
        predicts = "nothing: what its servers send on does not cross the wire" if router is None else router.predicts
        yield f"| {name} | {'; '.join(decoder.decodes)} | {consent} | {predicts} | {'; '.join(decoder.sources)} |"
    yield ""
    yield from hits()


def hits() -> Iterator[str]:
    catalogue = shipped_catalogue()
    yield "\n## Vendors' own calls\n"
    yield (
        "What a call to one of these vendors carries becomes rows of the table `hits`: the event, the account, and identifiers by"
        " kind. A call that should be readable and is not leaves a gap, `call-not-decoded`. A reader is one module in"
        " `addon/decode/hits`.\n"
    )
    yield "| vendor | what is decoded | sources |"
    yield "| --- | --- | --- |"
    for reader in sorted(hit_readers().values(), key=lambda each: catalogue.name_of(each.vendor).lower()):
        name = f"{catalogue.name_of(reader.vendor)} (`{reader.vendor}`)"
        yield f"| {name} | {'<br>'.join(reader.decodes)} | {'; '.join(reader.sources)} |"
    yield "\n| identifier | what it tells apart |"
    yield "| --- | --- |"
    for kind, text in IDENTIFIERS.items():
        yield f"| `{kind}` | {text} |"


PAGES = {
    "rules.md": rules,
    "causes.md": causes,
    "commands.md": commands,
    "policy.md": policy,
    "database.md": database,
    "gaps.md": gaps,
    "catalogue.md": catalogue,
    "decoders.md": decoders,
}


def page(name: str) -> str:
    """What a page should hold."""
    head = (HERE / name).read_text(encoding="utf-8").partition(LINE)[0]
    return head + LINE + "\n\n" + "\n".join(PAGES[name]()).strip() + "\n"


def main() -> None:
    for name in PAGES:
        (HERE / name).write_text(page(name), encoding="utf-8")
    sys.stdout.write(f"{len(PAGES)} pages written\n")


if __name__ == "__main__":
    main()
