"""The last step before writing: masks what must never be stored as it is, and treats the rest as the policy says.

Authorization headers and cookie values are credentials; they are replaced by their length and a keyed hash, so that equal
values can still be recognised. The key is never stored, nor anything that it could be made from.
"""

from __future__ import annotations

import codecs
import hashlib
import hmac
import json
import re
from functools import lru_cache
from urllib.parse import unquote_plus

from addon.exchange import Headers
from addon.jsontext import Json, JsonError, mapping, parse_exactly
from addon.policy import Storage

_SECRET_HEADER = re.compile(
    r"auth(?!ority)|token|secret|apikey|[-_]key$|credential|session|cookie|csrf|xsrf|jwt|passw|signature|x-amz-security"
)
_IDENTIFIERS = frozenset({"anonymousId", "userId", "previousId", "groupId", "distinct_id"})
_PERSONAL_KINDS = ("email", "phone")
_PHONE = re.compile(r"\+[0-9 ().-]{7,24}")
_URL_HEADERS = frozenset({"referer", "location"})
_IDENTIFIER_HEADERS = frozenset({"anonymousid"})
"""RudderStack's SDKs repeat the identifier there, in base64."""


class Redactor:
    """Masks secrets, and keeps as much of the payloads as the policy allows.

    Args:
        key: for the keyed hashes. The same capture file gives the same key, so that its rows come out the same; a live
            run has a random one.
    """

    def __init__(self, storage: Storage, key: bytes) -> None:
        self._key = key
        self._payloads = "shape" if storage.identifiers == "hashed" and storage.payloads == "full" else storage.payloads
        self._hash_identifiers = storage.identifiers == "hashed"
        # a client sends the same fields with every request
        self._field = lru_cache(maxsize=4096)(self._field_text)
        self.headers = lru_cache(maxsize=1024)(self._headers_text)
        """Header fields (``Headers``) as JSON: ``[[name, value], ...]``. The reader of flow files gives the same ones again."""

    def _headers_text(self, headers: Headers) -> str:
        return f"[{', '.join([self._field(*field) for field in headers.raw])}]"

    def _field_text(self, raw_name: bytes, raw_value: bytes) -> str:
        name, value = raw_name.decode("utf-8", "replace"), raw_value.decode("utf-8", "replace")
        return json.dumps([name, self._header(name.strip().lower(), value)])

    def _header(self, name: str, value: str) -> str:
        if name == "cookie":
            return "; ".join(self._cookie(pair) for pair in value.split(";"))
        if name == "set-cookie":
            pair, semicolon, attributes = value.partition(";")
            return self._cookie(pair) + semicolon + attributes
        if _SECRET_HEADER.search(name):
            scheme, space, rest = value.partition(" ")
            shown = f"{scheme} " if space and scheme.lower() in ("basic", "bearer", "digest") else ""
            return shown + self.masked(rest if shown else value)
        if name in _IDENTIFIER_HEADERS and self._hash_identifiers:
            return self.masked(value)
        if name in _URL_HEADERS and self._payloads != "full":
            return value.partition("?")[0].partition("#")[0]
        return value

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.strip().partition("=")
        return f"{name}={self.masked(value)}" if equals else self.masked(name)

    def masked(self, value: str) -> str:
        """``‹36 characters, #1f2e3d4c›``"""
        return f"‹{len(value)} characters, #{self._digest(value)[:8]}›"

    def _digest(self, value: str) -> str:
        return hmac.new(self._key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def identifier(self, value: str | None) -> str | None:
        """An anonymousId or userId."""
        if value is None or not self._hash_identifiers:
            return value
        return self._hashed(value)

    def _hashed(self, value: str) -> str:
        return f"#{self._digest(value)[:16]}"

    def identifiers(self, identifiers: str) -> str:
        """The identifiers of a vendor's event as JSON: kind -> value. What is an e-mail address or a phone number, or was made
        of one, is hashed under any policy."""
        return json.dumps(
            {
                kind: self._hashed(value) if _is_personal(kind, value) else self.identifier(value)
                for kind, value in mapping(parse_exactly(identifiers)).items()
                if isinstance(value, str)
            }
        )

    def query(self, query: str) -> str:
        """A raw query."""
        if self._payloads == "full":
            return query
        if self._payloads == "none" or not query:
            return ""
        return "&".join(map(_query_field, query.split("&")))

    def body(self, body: bytes | None) -> str | None:
        """A decoded body as text."""
        if body is None or self._payloads == "none":
            return None
        try:
            # a long body was cut, perhaps within a character
            text = codecs.getincrementaldecoder("utf-8")().decode(body)
        except UnicodeDecodeError:
            return f"‹{len(body)} bytes that are no text›"
        if self._payloads == "full":
            return text
        try:
            return json.dumps(shape(parse_exactly(text)))
        except JsonError:
            return f"‹{len(text)} characters›"

    def payload(self, payload: str) -> str | None:
        """A CDP message as JSON text."""
        if self._payloads == "full":
            return payload
        if self._payloads == "none":
            return None
        document = parse_exactly(payload)
        reduced = shape(document)
        if self._hash_identifiers and isinstance(document, dict) and isinstance(reduced, dict):
            for name in _IDENTIFIERS.intersection(document):
                value = document[name]
                reduced[name] = self.identifier(value) if isinstance(value, str) else reduced[name]
        return json.dumps(reduced)


def _is_personal(kind: str, value: str) -> bool:
    """Whether an identifier is an e-mail address or a phone number, by its kind or by its looks: sites use them as ids."""
    return kind.startswith(_PERSONAL_KINDS) or "@" in value or "%40" in value or _PHONE.fullmatch(value) is not None


def _query_field(field: str) -> str:
    """``name=‹5›``; what has no name is a value."""
    name, equals, value = field.partition("=")
    return f"{name}=‹{len(unquote_plus(value))}›" if equals else f"‹{len(unquote_plus(field))}›"


def shape(value: Json) -> Json:
    """A document with its values replaced by their types; consent and on/off switches stay, because they are no personal
    data and are what the verdict rests on."""
    match value:
        case dict():
            return {key: shape(inner) for key, inner in value.items()}
        case list():
            return [shape(inner) for inner in value]
        case bool() | None:
            return value
        case str():
            return "string"
        case _:
            return "number"
