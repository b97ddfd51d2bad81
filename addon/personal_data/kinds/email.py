"""A person's e-mail address, as opposed to other text with an @: handles, versions, image sizes, credentials in addresses.

The domain has to lie below a public suffix (publicsuffix.org) or one of the names that are reserved for tests (RFC 2606).
"""

from __future__ import annotations

import re
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from addon.personal_data.detector import Detector, Leaf, words

_RESERVED = ("example", "test")
_ADDRESS = re.compile(
    r"(?<![\w.+%/:@*~'-])([A-Za-z0-9][A-Za-z0-9._%+'-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})(?!\.?[\w@*-])"
)
_IMAGE_SIZE = re.compile(r"\d(\.\d)?x", re.IGNORECASE)
"""``logo@2x.…``, as the first label of a domain."""
_TOKEN = re.compile(r"[0-9a-f]{20,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A key or an id before the @ (a Sentry DSN, a calendar, a message id) is nobody's mailbox."""
_MACHINES = (".gserviceaccount.com", ".calendar.google.com", ".noreply.github.com")
"""Domains whose mailboxes are programs."""
_AT_WORK = ("business", "company", "organisation", "organization", "work")
"""Beginnings of keys under which forms ask somebody for their own address at work."""
_MAX_TRIED = 20
_NOBODY = words(
    # mailboxes of a role (RFC 2142), and what is used like them
    "info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp"
    " noreply no-reply donotreply do-not-reply contact hello office service help helpdesk team press media jobs careers privacy"
    " dpo legal billing feedback newsletter enquiries inquiries orders booking bookings reservations reception"
    " kontakt git hg svn"
    # what stands in the place of an address that was taken out
    " redacted masked anonymous anonymized anonymised hidden removed filtered deleted scrubbed"
)


def _finds(leaf: Leaf) -> bool:
    if "@" not in leaf.text or (leaf.of_business and not leaf.key.startswith(_AT_WORK)):
        return False
    if not leaf.prose:
        found = _ADDRESS.fullmatch(leaf.text)
        return found is not None and _is_somebodys(*found.groups())
    for number, found in enumerate(_ADDRESS.finditer(leaf.text)):
        if number >= _MAX_TRIED:
            break
        if _is_somebodys(*found.groups()):
            return True
    return False


@lru_cache(maxsize=5000)
def _is_somebodys(mailbox: str, domain: str) -> bool:
    mailbox, domain = mailbox.lower().partition("+")[0], domain.lower()
    if mailbox in _NOBODY or _TOKEN.fullmatch(mailbox) or ".." in mailbox or mailbox.endswith("."):
        return False
    labels = domain.split(".")
    if f".{domain}".endswith(_MACHINES):
        return False
    if _IMAGE_SIZE.fullmatch(labels[0]) or any(not label.strip("-") or label[0] == "-" for label in labels):
        return False
    return labels[-1] in _RESERVED or _suffixes().privatesuffix(domain) is not None


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


DETECTOR = Detector(kind="email", label="an e-mail address", finds=_finds, hint="@")
