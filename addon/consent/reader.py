"""The consent signals that one exchange carries: in cookies, in recording calls, in headers, in parameters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from addon.decode.facts import Event
from addon.exchange import Exchange, is_taken_out
from addon.jsontext import Json
from vendor_catalog import Catalogue, Category, ConsentCookie, ConsentManager

from .consent_mode import ConsentMode, read_consent_mode
from .declared import declared_format
from .formats import CookieFormat, api_format, call_format, cookie_format, gpp
from .formats.tcf import ADDITIONAL
from .missing import rank_of, unread
from .parameters import parameters_of, us_privacy
from .signal import Answer, MalformedSignal, NotThisFormat, Rank, Resolver, Signal, Unread
from .stamps import sale_opt_out_signal, stamp_signal
from .strings.gpp_sections import TCF_CANADA_V1, TCF_EU_V2
from .strings.tcf import TCStringError, decode

TCF_ORIGIN = "iab-tcf"
US_PRIVACY_ORIGIN = "us-privacy"
GPP_ORIGIN = "iab-gpp"
CONSENT_MODE_ORIGIN = "google-consent-mode"
GPC_ORIGIN = "global-privacy-control"
_PREFERENCES = {GPC_ORIGIN: "sec-gpc", "do-not-track": "dnt"}
_CACHE = 2000
_TC_STRINGS = {
    section: ConsentCookie(name="gpp", format=grammar, sources=["IAB Tech Lab, Global Privacy Platform"])
    for section, grammar in ((TCF_EU_V2, "tcf"), (TCF_CANADA_V1, "tcf_canada"))
}
"""The sections of a GPP string that hold a TC string."""


@dataclass(slots=True)
class Read:
    """The consent signals of one exchange."""

    signals: list[Signal] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    """Consent managers under whose cookie name a value was sent, readable or not."""
    unread: list[Signal] = field(default_factory=list)
    """A signal for each record that was there but cannot be read."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """Kind and reason of each gap."""
    choices: list[tuple[str, str]] = field(default_factory=list)
    """Consent managers that recorded a choice without its content, each with the evidence."""
    invalid_strings: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Carrier and problems of consent strings that are broken, or break their version's rules."""

    @property
    def recognised(self) -> set[str]:
        """Consent managers whose own record was there. A cookie that merely has the name may belong to other software."""
        own = {signal.origin for signal in self.unread if signal.unread in (Unread.BROKEN, Unread.NO_READER)}
        return own.union(signal.origin for signal in self.signals)


@dataclass(slots=True)
class Parameters:
    """The consent parameters of one call."""

    read: Read = field(default_factory=Read)
    opt_out: bool = False
    """Whether they inform the vendor of an opt-out from sale and sharing."""
    consent_mode: ConsentMode | None = None


class ConsentReader:
    """Reads signals with one resolver; remembers answers, because a cookie travels on every request."""

    def __init__(self, catalogue: Catalogue, resolver: Resolver) -> None:
        self._catalogue = catalogue
        self._resolver = resolver
        self._answers: OrderedDict[tuple[str, ...], Answer | Exception] = OrderedDict()
        self._preferences: dict[tuple[str, str | None], Signal] = {}
        self._signals: OrderedDict[tuple[int, str, str, str], tuple[Answer, Signal]] = OrderedDict()

    def cookies(self, cookies: Mapping[str, str], host: str, carrier: str = "cookie") -> Read:
        """The signals in cookies of the visited site."""
        read = Read()
        for name in cookies:
            foreign: list[tuple[ConsentManager, str]] = []
            claims = self._catalogue.consent_cookies(name)
            if claims and is_taken_out(cookies[name]):
                self._taken_out(read, name, cookies[name], host, [manager for manager, _ in claims])
                continue
            read.present.update(manager.id for manager, _ in claims)
            for manager, fact in claims:
                if fact.unreadable is not None:
                    reason = f"the cookie {name} of {manager.name} cannot be read: {fact.unreadable}"
                    read.problems.append(("unknown-format", reason))
                    read.unread.append(unread(manager, host, f"cookie {name}", Unread.NO_READER))
                    continue
                answer = self._answer(name, cookies, manager, fact)
                if isinstance(answer, NotThisFormat):
                    foreign.append((manager, str(answer)))
                else:
                    self._cookie(read, answer, f"{carrier} {name}", host, manager)
            if foreign and len(foreign) == len(
                claims
            ):  # otherwise one of those who share the name knows it for its own
                for manager, why in foreign:
                    reason = f"the cookie {name} is not as {manager.name} writes it: {why}"
                    read.problems.append(("unknown-format", reason))
                    read.unread.append(unread(manager, host, f"cookie {name}", Unread.UNKNOWN_FORMAT))
        read.signals = _newest(read.signals)
        spoken = {signal.origin for signal in read.signals}
        read.unread = [signal for signal in read.unread if signal.origin not in spoken]
        return read

    @staticmethod
    def _taken_out(read: Read, name: str, value: str, host: str, managers: list[ConsentManager]) -> None:
        """A consent cookie whose value the capture does not have."""
        how = "was taken out of the capture" if value else "is empty: it was taken out of the capture, or emptied"
        read.problems.append(
            ("cookies-stripped", f"the value of the cookie {name} {how}, so what it says is not known")
        )
        for manager in managers:
            read.present.add(manager.id)
            read.unread.append(unread(manager, host, f"cookie {name}", Unread.TAKEN_OUT))

    def _cookie(self, read: Read, answer: Answer | Exception, shown: str, host: str, manager: ConsentManager) -> None:
        """What a manager's own cookie adds; ``shown`` is its carrier and name."""
        read.present.add(manager.id)
        if isinstance(answer, MalformedSignal):
            read.problems.append(("bad-consent", f"the {shown} of {manager.name} is broken: {answer}"))
            read.unread.append(unread(manager, host, shown, Unread.BROKEN))
            if manager.id in (TCF_ORIGIN, GPP_ORIGIN):
                read.invalid_strings.append((shown, (str(answer),)))
            return
        if isinstance(answer, Exception):
            raise answer
        read.problems += [("bad-consent", f"the {shown} of {manager.name}: {problem}") for problem in answer.problems]
        read.signals.append(self._signal(answer, manager, shown, host))
        if manager.id == TCF_ORIGIN:
            breaches = _breaches(answer.evidence)
            if breaches:
                read.invalid_strings.append((shown, breaches))

    def _signal(self, answer: Answer, manager: ConsentManager, carrier: str, host: str) -> Signal:
        """The answer's signal: made once, because the same cookie travels on every request."""
        key = (id(answer), manager.id, carrier, host)
        made = self._signals.get(key)
        if made is None or made[0] is not answer:
            made = answer, self._resolver.signal(answer, manager, carrier=carrier, host=host, rank=rank_of(manager))
            self._signals[key] = made
            if len(self._signals) > _CACHE:
                self._signals.popitem(last=False)
        return made[1]

    def _answer(
        self, name: str, cookies: Mapping[str, str], manager: ConsentManager, fact: ConsentCookie
    ) -> Answer | Exception:
        grammar = fact.format or manager.id
        key = (grammar, name, cookies[name], *(cookies.get(companion, "") for companion in fact.companions))
        known = self._answers.get(key)
        if known is None:
            try:
                known = cookie_reader(manager, fact)(name, cookies)
            except (NotThisFormat, MalformedSignal) as error:
                known = error
            self._answers[key] = known
            if len(self._answers) > _CACHE:
                self._answers.popitem(last=False)
        return known

    def recording_call(self, exchange: Exchange, page_host: str | None) -> Read:
        """The choice that a consent manager records by this request."""
        read = Read()
        found = self._catalogue.recording_call(exchange.host, exchange.path)
        if found is None or exchange.method == "OPTIONS":
            return read
        manager, call = found
        carrier = f"call {exchange.path.rpartition('/')[2] or exchange.host}"
        try:
            answer = call_format(call.format)(exchange)
        except NotThisFormat:
            return read  # the same address serves other ends
        except MalformedSignal as error:
            read.problems.append(("bad-consent", f"a recording call of {manager.name} cannot be read: {error}"))
            return read
        if answer.answered is True and not answer.keys and not answer.values:
            read.choices.append((manager.id, answer.evidence))
            return read
        read.signals.append(self._resolver.signal(answer, manager, carrier=carrier, host=page_host or exchange.host))
        return read

    def script_interface(
        self, manager: ConsentManager, name: str, state: Mapping[str, Json], event: str | None, host: str
    ) -> Read:
        """The signals in the state of a consent manager's script interface.

        Args:
            name: the interface's global.
            state: what the in-page probe read of it.
            event: its last event that was seen in the page.
        """
        read = Read()
        answer: Answer | Exception
        for api in manager.apis:
            if name == (api.name or manager.javascript_api):
                try:
                    answer = api_format(api.format)(state, event)
                except (NotThisFormat, MalformedSignal) as error:
                    answer = error
                if not isinstance(answer, NotThisFormat):
                    self._cookie(read, answer, f"probe {name}", host, manager)
        read.signals = [signal for signal in read.signals if _says_something(signal)]
        return read

    def preferences(self, exchange: Exchange, page_host: str | None) -> list[Signal]:
        """The preferences that the browser itself sends in headers. ``DNT`` is recorded only: no law and no standard says what
        follows."""
        found: list[Signal] = []
        for origin, header in _PREFERENCES.items():
            if exchange.request_headers.get(header) == "1" and origin in self._catalogue.consent_managers:
                known = self._preferences.get((origin, page_host))
                if known is None:
                    refused: dict[Category, bool | None] = {Category.MARKETING: False} if origin == GPC_ORIGIN else {}
                    answer = Answer(None, "1", complete=False, values=refused)
                    manager = self._catalogue.consent_managers[origin]
                    carrier, host = f"header {header}", page_host or exchange.host
                    known = self._resolver.signal(answer, manager, carrier=carrier, host=host, rank=rank_of(manager))
                    if len(self._preferences) < _CACHE:
                        self._preferences[origin, page_host] = known
                found.append(known)
        return found

    def parameters(self, exchange: Exchange, page_host: str | None, storages: str | None = None) -> Parameters:
        """The consent parameters of a call to a vendor; ``storages`` is ``consent_signals`` of the vendor's own format."""
        given = parameters_of(exchange)
        if storages is not None:
            given = {"consent_signals": storages, **given}
        found = Parameters()
        if not given:
            return found
        host = page_host or exchange.host
        string = given.get("gdpr_consent")
        if string is not None and given.get("gdpr") != "0":
            beside = {ADDITIONAL: given[ADDITIONAL]} if ADDITIONAL in given else {}
            self._string(found.read, TCF_ORIGIN, "gdpr_consent", {"gdpr_consent": string, **beside}, host)
        privacy = us_privacy(given)
        if privacy is not None:
            self._string(found.read, US_PRIVACY_ORIGIN, "us_privacy", {"us_privacy": privacy}, host)
        if "gpp" in given:
            apply = given.get("gpp_sid", "")
            self._string(found.read, GPP_ORIGIN, "gpp", {"gpp": given["gpp"], gpp.APPLY: apply}, host)
            for section, fact in _TC_STRINGS.items():
                inside = gpp.tc_string(given["gpp"], apply, section)
                if inside is not None:
                    self._string(found.read, TCF_ORIGIN, "gpp", {"gpp": inside}, host, fact)
        found.opt_out = any(
            signal.rank is Rank.OPT_OUT and signal.values.get(Category.MARKETING) is False
            for signal in found.read.signals
        )
        found.consent_mode = read_consent_mode(given)
        mode = found.consent_mode
        known = CONSENT_MODE_ORIGIN in self._catalogue.consent_managers
        if known and mode is not None and any(value is not None for value in mode.updated.values()):
            found.read.signals.append(self._consent_mode(mode, host))
        return found

    def _string(
        self,
        read: Read,
        origin: str,
        parameter: str,
        given: Mapping[str, str],
        host: str,
        fact: ConsentCookie | None = None,
    ) -> None:
        """One consent string, read as the cookie that keeps it would be: ``fact``, or the first of those who keep it."""
        manager = self._catalogue.consent_managers.get(origin)
        if manager is None:
            return  # its file does not hold, which was told
        answer = self._answer(parameter, given, manager, fact or manager.cookies[0])
        if isinstance(answer, NotThisFormat):
            return
        self._cookie(read, answer, f"parameter {parameter}", host, manager)

    def _consent_mode(self, mode: ConsentMode, host: str) -> Signal:
        manager = self._catalogue.consent_managers[CONSENT_MODE_ORIGIN]
        answer = Answer(None, mode.shown, complete=False, values=mode.updated)
        signal = self._resolver.signal(answer, manager, carrier="parameter gcd", host=host, rank=rank_of(manager))
        return replace(
            signal, values={category: value for category, value in signal.values.items() if value is not None}
        )

    def stamp(self, event: Event, host: str) -> Signal | None:
        """The signal of a message's stamp; ``None`` if the stamp says nothing."""
        return stamp_signal(event, host, self._resolver)

    def sale_opt_out(self, event: Event, host: str) -> Signal | None:
        """A message's signal of an opt-out from sale and sharing; ``None`` if it says nothing."""
        return sale_opt_out_signal(event, host, self._resolver)


def cookie_reader(manager: ConsentManager, fact: ConsentCookie) -> CookieFormat:
    """The reader of a consent manager's cookie."""
    if fact.declared is not None:
        return declared_format(fact.declared, frozenset(manager.categories))
    if fact.unreadable is not None:
        return _unreadable(fact.unreadable)
    return cookie_format(str(fact.format))


def _unreadable(why: str) -> CookieFormat:
    def cookie(name: str, cookies: Mapping[str, str]) -> Answer:
        raise NotThisFormat(f"nobody can read it: {why}")

    return cookie


def _newest(signals: list[Signal]) -> list[Signal]:
    """One signal for each consent manager: of two cookies (a TC string that a former manager left behind) the one that
    dates itself later, else the first."""
    newest: dict[str, Signal] = {}
    for signal in signals:
        known = newest.get(signal.origin)
        if known is None or _own_date(signal) > _own_date(known):
            newest[signal.origin] = signal
    return list(newest.values())


def _says_something(signal: Signal) -> bool:
    stated = (value for category, value in signal.values.items() if category is not Category.NECESSARY)
    return signal.answered is not None or any(value is not None for value in stated)


def _own_date(signal: Signal) -> float:
    return signal.effective_at or signal.not_before or 0.0


def _breaches(evidence: str) -> tuple[str, ...]:
    try:
        return tuple(decode(evidence).breaches())
    except TCStringError:
        return ()
