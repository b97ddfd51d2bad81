"""One observation of consent, and the translation of a consent manager's own terms into our categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from vendor_catalog import Catalogue, Category, ConsentManager, Vendor

from .strings.additional_consent import AdditionalConsent


class NotThisFormat(Exception):
    """A value that some other software wrote under the same name: no signal, and no fault of the site."""


class MalformedSignal(Exception):
    """A value that is of the format, but broken. Never a grant."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One stored or recorded consent, in the consent manager's own terms.

    The two questions stay apart: whether the banner was answered, and what is granted. ``None`` means unknown.
    """

    answered: bool | None
    evidence: str
    """The raw value without what identifies the person (consent ids)."""
    keys: Mapping[str, bool | None] = field(default_factory=dict)
    """The manager's own categories or services."""
    complete: bool = True
    """Whether only what is granted is listed, so that what is not listed is refused. If refusals are listed too, a category
    that is not listed was never offered, and is unknown."""
    destinations: Mapping[str, bool | None] = field(default_factory=dict)
    """Segment destinations by creation name."""
    values: Mapping[Category, bool | None] = field(default_factory=dict)
    """Values already in our categories (TCF purposes)."""
    iab_vendors: frozenset[int] | None = None
    """Ids of the vendors that a TC string consents to; ``None`` for what is no TC string."""
    iab_disclosed: frozenset[int] | None = None
    """Ids of the vendors that the person was shown; ``None`` if the string does not say."""
    additional: AdditionalConsent | None = None
    """The Additional Consent string beside a TC string, for vendors that are not on IAB's list; ``None`` if there is none."""
    problems: tuple[str, ...] = ()
    """Parts beside the answer that could not be read, and so grant nothing."""
    effective_at: float | None = None
    """When the value took effect, by its own timestamp."""
    not_before: float | None = None
    """The earliest that it can have taken effect: for timestamps with day precision."""
    unasked: bool = False
    """Whether it says that no consent was requested, because the consent manager places the visitor in a region where none is
    needed."""


class Rank(IntEnum):
    """The trust in sources of one session: the highest rank wins."""

    OPT_OUT = 0
    """An opt-out preference (Global Privacy Control, US Privacy, GPP): it can only refuse, never consent, so it is queried
    apart from the rest."""
    CONSENT_MODE = 1
    """The site's own statement to Google's tags."""
    STAMP = 2
    """The site's own statement on an event: believed only where nothing else speaks."""
    TESTER = 3
    """What the tester reports to have pressed: it comes after the fact, and says less than the consent manager's own record."""
    STANDARD = 4
    """A TC string beside a consent manager's own record."""
    MANAGER = 5

    @property
    def claimed(self) -> bool:
        """Whether this is the site's report of the choice to others, and not the choice itself."""
        return self in (Rank.CONSENT_MODE, Rank.STAMP)


class Unread(StrEnum):
    """The reason why a record of consent says nothing, although it is there or may be there."""

    BROKEN = "broken"
    """It was sent, and its value is broken."""
    UNKNOWN_FORMAT = "unknown format"
    """It was sent, and its value is not in the format of those who write under that name."""
    TAKEN_OUT = "taken out"
    """It was sent, or may have been: the capture has the cookies without their values."""
    NO_READER = "no reader"
    """Its consent manager is in use, but its format is unknown."""
    OFF_WIRE = "off the wire"
    """Its consent manager stores it where it is never sent."""
    ELSEWHERE = "elsewhere"
    """Its consent manager recorded a choice, and no request to this host ever carried its cookie: either it is kept where it
    does not cross the wire, or another window's choice was recorded."""
    ANOTHER_WINDOW = "another window"
    """The tester reported it before a page was opened without any cookie, so it may belong to another window."""


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One observation of consent in a session. It never changes: what is learned of it later makes another one."""

    origin: str
    """The source: a consent manager's id, ``tcf``, ``message-stamp``."""
    carrier: str
    """What carried it: ``cookie CookieConsent``, ``call logconsent.ashx``, ``stamp``, ``no cookie``."""
    rank: Rank
    host: str
    raw: str | None
    """Evidence without identifiers; ``None`` for an absence."""
    answered: bool | None
    values: Mapping[Category, bool | None]
    keys: Mapping[str, bool | None]
    vendors: Mapping[str, bool | None]
    effective_at: float | None = None
    not_before: float | None = None
    absent: bool = False
    """A first-party request that did not carry the cookie of a consent manager in use."""
    unasked: bool = False
    """Whether it says that no consent was requested."""
    parting: bool = False
    """Whether the page that showed it was left with it, so that nobody can change it in that page any more."""
    unread: Unread | None = None
    """Why nothing can be read from it; ``None`` for everything that says something, if only that it is missing."""
    id: str = ""
    """Its row's; empty until the signal turns out to be news."""
    unmapped: tuple[str, ...] = ()
    """Keys that no map knows; what depends on them cannot be judged."""

    @property
    def speaks(self) -> bool:
        """Whether the record is there and can be read."""
        return not self.absent and self.unread is None

    @property
    def asks(self) -> bool:
        """Whether it shows that the person was asked and has not answered: an open banner, a record that waits for an answer."""
        return self.speaks and self.answered is False and not self.unasked

    def value(self, categories: tuple[Category, ...], vendor: str | None, keys: tuple[str, ...]) -> bool | None:
        """Whether consent is given, by the most precise thing the signal says.

        Args:
            categories: ours, all needed.
            keys: workspace category ids that are all needed; used if the signal speaks the same ids.
            vendor: a catalogue id; used if the signal names the vendor.
        """
        if keys and all(key in self.keys for key in keys):
            return all_of(self.keys[key] for key in keys)
        if vendor is not None and vendor in self.vendors:
            return self.vendors[vendor]
        return all_of(self.values.get(category) for category in categories)

    def same_content(self, other: Signal) -> bool:
        """Whether two observations say the same, so that one row can stand for both. The evidence may be cut short, so it
        does not decide alone."""
        return self is other or (
            self.origin == other.origin
            and self.raw == other.raw
            and self.absent == other.absent
            and self.unasked == other.unasked
            and self.parting == other.parting
            and self.unread is other.unread
            and (self.unread is None or self.carrier == other.carrier)
            and self.answered == other.answered
            and self.effective_at == other.effective_at
            and self.not_before == other.not_before
            and (not self.absent or self.host == other.host)
            and self.keys == other.keys
            and self.vendors == other.vendors
            and self.values == other.values
        )


def all_of(values: Iterable[bool | None]) -> bool | None:
    """``True`` if all are true, ``False`` if one is false, otherwise unknown (``None``), as for no values at all."""
    some, every = False, True
    for value in values:
        if value is False:
            return False
        some, every = True, every and value is True
    return True if some and every else None


def unanimous(values: list[bool | None]) -> bool | None:
    """The common value; ``None`` if they differ, because a half-granted category or vendor cannot be judged as one."""
    return values[0] if values and all(value is values[0] for value in values) else None


@dataclass(slots=True)
class _Mapped:
    """An answer's values by what its keys mean."""

    by_category: dict[Category, list[bool | None]] = field(default_factory=dict)
    by_vendor: dict[str, list[bool | None]] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    """Keys that no map knows."""


@dataclass(frozen=True)
class Resolver:
    """What a consent manager's keys mean: the policy first, then the manager's own map, then what all managers agree on."""

    catalogue: Catalogue
    overrides: Mapping[str, Category]
    """The policy's ``[categories]``, keys in lower case."""

    def category_of(self, key: str, manager: ConsentManager | None = None) -> Category | None:
        lowered = key.lower()
        found = self.overrides.get(lowered)
        if found is None and manager is not None:
            found = manager.categories.get(lowered)
        return found if found is not None else self.catalogue.category_of_key(lowered)

    def signal(
        self, answer: Answer, manager: ConsentManager, *, carrier: str, host: str, rank: Rank = Rank.MANAGER
    ) -> Signal:
        """Turns an answer in a consent manager's terms into a signal in our categories."""
        mapped = self._mapped(answer, manager)
        values = _values_of(answer, mapped)
        vendors = {vendor: unanimous(said) for vendor, said in mapped.by_vendor.items()} | self._iab(answer, values)
        return Signal(
            origin=manager.id,
            carrier=carrier,
            rank=rank,
            host=host,
            raw=answer.evidence[:4000],
            answered=answer.answered,
            values=values,
            keys=answer.keys,
            vendors=vendors,
            effective_at=answer.effective_at,
            not_before=answer.not_before,
            unmapped=() if _settled(answer) else tuple(mapped.unmapped),
            unasked=answer.unasked,
        )

    def _mapped(self, answer: Answer, manager: ConsentManager) -> _Mapped:
        mapped = _Mapped()
        for key, value in answer.keys.items():
            category = self.category_of(key, manager)
            if category is None:
                vendor = self.catalogue.vendor_by_alias(key)
                if vendor is not None:
                    mapped.by_vendor.setdefault(vendor.id, []).append(value)
                    category = vendor.category
            if category is None:
                mapped.unmapped.append(key)
            else:
                mapped.by_category.setdefault(category, []).append(value)
        for key, value in answer.destinations.items():
            vendor = self.catalogue.vendor_of_segment_key(key)
            if vendor is not None:
                mapped.by_vendor.setdefault(vendor.id, []).append(value)
        return mapped

    def _iab(self, answer: Answer, values: Mapping[Category, bool | None]) -> dict[str, bool | None]:
        """Consent to single vendors, from a TC string and an Additional Consent string beside it."""
        if answer.iab_vendors is None:
            return {}
        listed = ((number, vendor) for number, products in self.catalogue.iab_vendors.items() for vendor in products)
        found = self._listed(answer.iab_vendors, answer.iab_disclosed, values, listed)
        said = answer.additional
        if said is not None:
            numbered = ((vendor.google_provider_id, vendor) for vendor in self.catalogue.google_vendors)
            found |= self._listed(said.consented, said.disclosed, values, numbered)
        return found

    @staticmethod
    def _listed(
        consented: frozenset[int],
        disclosed: frozenset[int] | None,
        values: Mapping[Category, bool | None],
        vendors: Iterable[tuple[int | None, Vendor]],
    ) -> dict[str, bool | None]:
        """Consent by vendor, of a TC string or of the Additional Consent string beside it: it needs the purposes and the
        vendor. A vendor that is not consented to was refused if the string says that the person was shown it; else it may never
        have been offered."""
        found: dict[str, bool | None] = {}
        for number, vendor in vendors:
            purposes = values.get(vendor.category)
            if number in consented or purposes is False:
                found[vendor.id] = purposes
            else:
                found[vendor.id] = False if disclosed is not None and number in disclosed else None
        return found


_REFUSABLE = (Category.FUNCTIONAL, Category.ANALYTICS, Category.MARKETING)


def _settled(answer: Answer) -> bool:
    """Whether an answer says by itself what it grants of every category, so that nothing hangs on what its keys mean."""
    return all(answer.values.get(category) is not None for category in _REFUSABLE)


def _values_of(answer: Answer, mapped: _Mapped) -> dict[Category, bool | None]:
    """What an answer grants of each of our categories."""
    # who grants everything that is offered refuses nothing, and who refuses everything grants nothing, whatever the services
    # are called
    offered = not answer.complete and bool(mapped.unmapped)
    everything = offered and all(value is True for value in answer.keys.values())
    optional = (values for category, values in mapped.by_category.items() if category is not Category.NECESSARY)
    refused = all(value is False for values in optional for value in values)
    nothing = offered and refused and all(answer.keys[key] is False for key in mapped.unmapped)
    silent_grant = any(answer.keys[key] is not False for key in mapped.unmapped)
    values: dict[Category, bool | None] = {Category.NECESSARY: True}
    for category in _REFUSABLE:
        if category in answer.values:
            values[category] = answer.values[category]
        elif category in mapped.by_category:
            values[category] = unanimous(mapped.by_category[category])
        elif everything and answer.answered is True:
            values[category] = True
        elif nothing and answer.answered is True and category is not Category.FUNCTIONAL:
            values[category] = False
        else:
            # many banners do not ask about what is functional, so that nobody can have refused it there
            unasked = category is Category.FUNCTIONAL
            values[category] = None if unasked or silent_grant or not answer.complete else False
    return values
