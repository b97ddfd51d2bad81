"""Small catalogues: made of dictionaries as they would stand in TOML."""

from __future__ import annotations

from pathlib import Path

from vendor_catalog import Catalogue, ConsentManager, Endpoint, Vendor

type Toml = dict[str, object]


def endpoint(host: str = "t.acme.example", **changes: object) -> Toml:
    return {
        "kind": "collect",
        "host": host,
        "path": "^/e$",
        "sources": ["acme docs"],
        "matches": ["https://t.acme.example/e"],
        "rejects": ["https://t.acme.example/x"],
        **changes,
    }


def cookie(**changes: object) -> Toml:
    return {"name": "_acme", "party": "first", "purpose": "Knows you.", "sources": ["acme docs"], **changes}


def vendor(id: str = "acme", **changes: object) -> Toml:
    return {
        "id": id,
        "name": id.title(),
        "category": "analytics",
        "category_reason": "It counts.",
        "website": "https://acme.example",
        "sources": ["acme docs"],
        **changes,
    }


def manager(id: str = "askme", **changes: object) -> Toml:
    return {
        "id": id,
        "name": id.title(),
        "website": "https://askme.example",
        "absence": "unanswered",
        "storage": "cookie",
        "sources": ["askme docs"],
        **changes,
    }


def recording(**changes: object) -> Toml:
    return {
        "host": "log.askme.example",
        "path": "^/log$",
        "format": "cookiebot",
        "sources": ["askme docs"],
        "matches": ["https://log.askme.example/log?a=1"],
        "rejects": ["https://log.askme.example/other"],
        **changes,
    }


def catalogue(*vendors: Toml, managers: tuple[Toml, ...] = ()) -> Catalogue:
    read = [Vendor.model_validate(each) for each in vendors]
    listed = [ConsentManager.model_validate(each) for each in managers]
    return Catalogue({each.id: each for each in read}, {each.id: each for each in listed})


def made(host: str = "t.acme.example", **changes: object) -> Endpoint:
    return Endpoint.model_validate(endpoint(host, **changes))


ACME = """\
id = "acme"
name = "Acme"
category = "analytics"
category_reason = "It counts."
website = "https://acme.example"
segment_keys = ["Acme"]
sources = ["acme docs"]

[[endpoints]]
kind = "collect"
host = "t.acme.example"
path = "^/e$"
sources = ["acme docs"]
matches = ["https://t.acme.example/e"]
rejects = ["https://t.acme.example/x"]
"""
ASKME = """\
id = "askme"
name = "Askme"
website = "https://askme.example"
absence = "unanswered"
storage = "cookie"
sources = ["askme docs"]
[categories]
stats = "analytics"
[[cookies]]
name = "askme"
format = "klaro"
sources = ["askme docs"]
"""


def folder(at: Path, vendors: dict[str, str], cmps: dict[str, str] | None = None) -> Path:
    """A catalogue's folder: file name -> text."""
    for name, files in (("vendors", vendors), ("cmps", cmps or {})):
        (at / name).mkdir()
        for file, text in files.items():
            (at / name / file).write_text(text, encoding="utf-8")
    return at
