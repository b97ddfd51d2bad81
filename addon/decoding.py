"""Any one thing, decoded for people: a consent string (TCF, GPP, US Privacy, AC), a consent cookie, a CDP's body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from addon.body import Body
from addon.consent.strings.additional_consent import AdditionalConsentError, parse_additional_consent
from addon.consent.strings.gpp import Gpp, GppError, Section, parse_gpp
from addon.consent.strings.tcf import Restriction, TCString, TCStringError
from addon.consent.strings.tcf import decode as decode_tcf
from addon.consent.strings.us_privacy import UsPrivacyError, parse_us_privacy
from addon.decode import collection, decoder_of, envelope
from addon.decode import decode as decode_exchange
from addon.decode.facts import Event
from addon.decode.segment.dialect import DIALECT
from addon.decoded_cookies import UnreadableCookie, decode_cookies
from addon.exchange import Exchange, Headers
from addon.jsontext import JsonError, parse
from addon.report.text import plain
from vendor_catalog import Catalogue


class Undecodable(Exception):
    """Nothing that this tool knows; says what was tried."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """What something is, and what it says."""

    kind: str
    fields: Mapping[str, object]


def decode(text: str, catalogue: Catalogue) -> Decoding:
    """One thing, recognised by what it looks like.

    Raises:
        Undecodable: if it is nothing that is known, or is broken.
    """
    if not text:
        raise Undecodable(
            "nothing was given; expected a TC, GPP, US Privacy or AC string, a cookie (name=value) or a CDP's body"
        )
    if text[0] in "{[":
        return _message(text)
    if text.partition("=")[2].strip("=;, "):  # '=' at the end is padding
        return _cookies(text, catalogue)
    return _string(unquote(text))


def _cookies(text: str, catalogue: Catalogue) -> Decoding:
    try:
        return Decoding(*decode_cookies(text, catalogue))
    except UnreadableCookie as error:
        raise Undecodable(str(error)) from error


def _string(text: str) -> Decoding:
    """A consent string, by how it begins: a broken one is reported as the kind it begins like."""
    try:
        if text.startswith("DB"):
            return Decoding("GPP string", gpp_fields(parse_gpp(text)))
        if text.startswith(("1~", "2~")):
            return _additional_consent(text)
        if text.startswith("1") and len(text) == 4:
            return _us_privacy(text)
    except GppError as error:
        raise Undecodable(f"not a GPP string ({error})") from error
    except AdditionalConsentError as error:
        raise Undecodable(f"not an AC string ({error})") from error
    except UsPrivacyError as error:
        raise Undecodable(f"not a US Privacy string ({error})") from error
    try:
        return Decoding("TC string", tcf_fields(decode_tcf(text)))
    except TCStringError as error:
        raise Undecodable(
            f"not a TC string ({error}), not a GPP string (DB...), not a US Privacy string (1 and three of Y, N and -),"
            " not an AC string (1~... or 2~...), not a consent cookie (name=value), not a JSON body"
        ) from error


def gpp_fields(string: Gpp) -> dict[str, object]:
    """A GPP string: its sections by name, with fields as the specification calls them, and what they say of opting out."""
    sections = string.sections.values()
    return {
        "section_ids": list(string.section_ids),
        "sections": {section.name: _section_fields(section) for section in sections},
        "opt_outs": {section.name: _opt_outs(section) for section in sections if section.read and not _tc(section)},
        "unread": {section.name: f"{section.raw_length} characters" for section in sections if not section.read},
    }


def _section_fields(section: Section) -> dict[str, object]:
    if section.tcf is not None:
        return tcf_fields(section.tcf)
    return _plain_ids(section.fields) if section.tcf_canada is not None else dict(section.fields)


def _tc(section: Section) -> bool:
    """Whether it is a TC string, which speaks of consent and not of opting out."""
    return section.tcf is not None or section.tcf_canada is not None


def _plain_ids(fields: Mapping[str, object]) -> dict[str, object]:
    """With sets as ordered lists, and moments as ISO 8601."""
    return {name: _plain_value(value) for name, value in fields.items()}


def _plain_value(value: object) -> object:
    match value:
        case frozenset():
            return sorted(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case tuple():
            return [_restriction(item) for item in value]
        case _:
            return value


def _restriction(item: Restriction) -> dict[str, object]:
    return {"purpose": item.purpose, "type": item.type, "vendors": sorted(item.vendors)}


def _opt_outs(section: Section) -> dict[str, bool | None]:
    """True opted out, false did not, null does not apply."""
    return {
        "sale": section.sale_opted_out,
        "sharing": section.sharing_opted_out,
        "targeted_advertising": section.targeted_advertising_opted_out,
        "gpc": section.gpc,
    }


def _us_privacy(text: str) -> Decoding:
    string = parse_us_privacy(text)
    return Decoding(
        "US Privacy string",
        {
            "version": string.version,
            "applicable": string.applicable,
            "notice": string.notice,
            "opted_out": string.opted_out,
            "lspa": string.lspa,
        },
    )


def _additional_consent(text: str) -> Decoding:
    string = parse_additional_consent(text)
    return Decoding(
        "AC string",
        {
            "version": string.version,
            "consented": sorted(string.consented),
            "disclosed": None if string.disclosed is None else sorted(string.disclosed),
        },
    )


def tcf_fields(string: TCString) -> dict[str, object]:
    """A TC string by the names that the format has, ids in order."""
    return {
        "version": 2,
        "created": string.created.isoformat().replace("+00:00", "Z"),
        "last_updated": string.last_updated.isoformat().replace("+00:00", "Z"),
        "cmp_id": string.cmp_id,
        "cmp_version": string.cmp_version,
        "consent_screen": string.consent_screen,
        "language": string.language,
        "vendor_list_version": string.vendor_list_version,
        "policy_version": string.policy_version,
        "service_specific": string.service_specific,
        "non_standard_texts": string.non_standard_texts,
        "special_features": sorted(string.special_features),
        "purposes": sorted(string.purposes),
        "legitimate_interests": sorted(string.legitimate_interests),
        "purpose_one_treatment": string.purpose_one_treatment,
        "publisher_country": string.publisher_country,
        "vendors": sorted(string.vendors),
        "vendors_li": sorted(string.vendors_li),
        "restrictions": [_restriction(item) for item in string.restrictions],
        "disclosed": None if string.disclosed is None else sorted(string.disclosed),
        "allowed": None if string.allowed is None else sorted(string.allowed),
        "publisher": None
        if string.publisher is None
        else {
            "purposes": sorted(string.publisher.purposes),
            "legitimate_interests": sorted(string.publisher.legitimate_interests),
            "custom_purposes": sorted(string.publisher.custom_purposes),
            "custom_legitimate_interests": sorted(string.publisher.custom_legitimate_interests),
        },
        "breaches": string.breaches(),
    }


def _message(text: str) -> Decoding:
    """A body of a CDP: of the one whose marks it bears, else of Segment."""
    body = Body(text.encode("utf-8", "replace"))
    exchange = Exchange(0, "", "POST", "https", "", 443, "/v1/batch", "", Headers(), body)
    try:
        document, rest = parse(text)
        found = envelope.from_document(document, exchange, rest) if isinstance(document, dict) else None
        decoded = decode_exchange(exchange, None, {})
        if decoded is None or not decoded.events:
            if found is None:
                raise JsonError(f"expected an object, found {type(document).__name__}")
            decoded = collection.events(found, exchange, DIALECT)
    except JsonError as error:
        raise Undecodable(f"not a JSON body: {error}") from error
    problems = [problem.reason for problem in decoded.problems]
    if not decoded.events:
        raise Undecodable(f"JSON, but no message of a CDP: {'; '.join(problems)}")
    first = decoded.events[0]
    return Decoding(
        f"{decoder_of(decoded.vendor).name} body",
        {
            "write_key": first.write_key if found is None else found.write_key or first.write_key,
            "sent_at": first.sent_at if found is None else found.sent_at or first.sent_at,
            "events": [_event(event) for event in decoded.events],
            "problems": problems,
        },
    )


def _event(event: Event) -> dict[str, object]:
    return {
        "type": event.type,
        "name": event.name,
        "message_id": event.message_id,
        "anonymous_id": event.anonymous_id,
        "user_id": event.user_id,
        "timestamp": event.timestamp,
        "surface": event.surface,
        "library": event.library,
        "stamped": event.stamp.shape,
        "stamp": dict(event.stamp.preferences),
        "integrations": dict(event.integrations),
    }


def as_json(decoding: Decoding) -> str:
    text = json.dumps({"kind": decoding.kind, **decoding.fields}, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()  # JSON may hold lone surrogates, which no terminal takes


def as_table(decoding: Decoding) -> RenderableType:
    table = Table(
        title=decoding.kind, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in decoding.fields.items():
        if isinstance(value, dict) and value and all(isinstance(part, dict) for part in value.values()):
            for inner, part in value.items():
                table.add_row(_shown(f"{name}.{inner}"), _shown(part))
        elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
            for position, part in enumerate(value, 1):
                table.add_row(_shown(f"{name} {position}"), _listed(part))
        else:
            table.add_row(name, _shown(value))
    return table


def _listed(part: Mapping[str, object]) -> RenderableType:
    """One of several, line by line: an event of a batch."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in part.items():
        table.add_row(_shown(name), _shown(value))
    return table


def _shown(value: object) -> Text:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
    return Text("-" if value is None or value in ({}, []) else plain(text.encode("utf-8", "replace").decode()))
