"""What consent managers write when a person answers: their records and calls, in the grammars that ``addon/consent/formats`` cites
the sources of."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from tests.addon.building import (
    BANNER,
    COOKIEBOT,
    KLARO,
    NOON,
    SHOP,
    cookiebot_choice,
    dated_choice,
    iso,
    onetrust_choice,
)
from tests.addon.consent.wire import Bits, Core, tc_string

CATEGORIES = ("functional", "analytics", "marketing")
type Choice = frozenset[str]
"""The categories that were granted."""
_TCF_VENDORS = (91, 755, 1126)
"""Of Criteo, Google and Microsoft, whom the scenarios call."""


def _compact(document: object) -> str:
    return quote(json.dumps(document, separators=(",", ":")))


@dataclass(frozen=True)
class Manager:
    """One consent manager, as a site uses it."""

    id: str
    script: str | None
    record: Callable[[Choice, float], dict[str, str]]
    """The cookies after an answer at a moment (seconds after the story begins)."""
    before: Callable[[], dict[str, str]] = dict
    """The cookies that it writes before anybody answered."""
    recording: Callable[[Choice], str] | None = None
    """The address of the call by which it records the answer."""


def _cookiebot(choice: Choice, at: float) -> dict[str, str]:
    return cookiebot_choice(at, statistics="analytics" in choice, marketing="marketing" in choice)


def _groups(choice: Choice) -> str:
    numbers = {"C0003": "functional", "C0002": "analytics", "C0004": "marketing"}
    return ",".join(["C0001:1", *(f"{group}:{int(name in choice)}" for group, name in numbers.items())])


def _cookieyes(choice: Choice, at: float) -> dict[str, str]:
    states = {
        "functional": "functional",
        "analytics": "analytics",
        "performance": "analytics",
        "advertisement": "marketing",
    }
    flags = ",".join(f"{key}:{'yes' if name in choice else 'no'}" for key, name in states.items())
    return {"cookieyes-consent": f"consentid:x,consent:{'yes' if choice else 'no'},action:yes,necessary:yes,{flags}"}


def _complianz(choice: Choice, at: float) -> dict[str, str]:
    states = {"functional": True, "preferences": "functional" in choice}
    states |= {"statistics": "analytics" in choice, "marketing": "marketing" in choice}
    return {
        **{f"cmplz_{name}": "allow" if granted else "deny" for name, granted in states.items()},
        "cmplz_banner-status": "dismissed",
    }


def _borlabs(choice: Choice, at: float) -> dict[str, str]:
    groups = {"external-media": "functional", "statistics": "analytics", "marketing": "marketing"}
    granted = {group: [f"a-{group}"] for group, name in groups.items() if name in choice}
    return {"borlabs-cookie": _compact({"consents": {"essential": ["borlabs-cookie"], **granted}, "uid": "u-1"})}


def _didomi(choice: Choice, at: float) -> dict[str, str]:
    lists = {"enabled": sorted(choice), "disabled": sorted(set(CATEGORIES) - choice)}
    document = {"user_id": "u-1", "created": iso(at), "purposes": lists}
    return {"didomi_token": base64.b64encode(json.dumps(document).encode()).decode()}


def _didomi_before() -> dict[str, str]:
    return {"didomi_token": base64.b64encode(json.dumps({"user_id": "u-1", "created": iso(0)}).encode()).decode()}


def _axeptio(choice: Choice, at: float) -> dict[str, str]:
    return {
        "axeptio_cookies": _compact(
            {"$$token": "t", "$$completed": True, **{name: name in choice for name in CATEGORIES}}
        )
    }


def _iubenda(choice: Choice, at: float) -> dict[str, str]:
    numbers = {"2": "functional", "3": "functional", "4": "analytics", "5": "marketing"}
    purposes = {"1": True, **{number: name in choice for number, name in numbers.items()}}
    return {
        "_iub_cs-12345678": _compact({"timestamp": iso(at), "version": "1.5", "purposes": purposes, "id": 12345678})
    }


def _civic(choice: Choice, at: float) -> dict[str, str]:
    groups = {name: "accepted" if name in choice else "revoked" for name in CATEGORIES}
    dated = round((NOON + at) * 1000)
    return {"CookieControl": _compact({"optionalCookies": groups, "interactedWith": True, "consentDate": dated})}


def _cookiescript(choice: Choice, at: float) -> dict[str, str]:
    names = {"functional": "functionality", "analytics": "performance", "marketing": "targeting"}
    listed = json.dumps(["strict", *(names[each] for each in sorted(choice))])
    return {"CookieScriptConsent": _compact({"action": "accept" if choice else "reject", "categories": listed})}


def _cookiefirst(choice: Choice, at: float) -> dict[str, str]:
    names = {"functional": "functional", "performance": "analytics", "advertising": "marketing"}
    return {
        "cookiefirst-consent": _compact({"necessary": True, **{key: name in choice for key, name in names.items()}})
    }


def _hubspot(choice: Choice, at: float) -> dict[str, str]:
    numbers = {"1": "analytics", "2": "marketing", "3": "functional"}
    return {"__hs_cookie_cat_pref": "_".join(f"{key}:{str(name in choice).lower()}" for key, name in numbers.items())}


def _shopify(choice: Choice, at: float) -> dict[str, str]:
    letters = {"a": "analytics", "m": "marketing", "p": "functional"}
    said = "".join(letter.upper() if name in choice else letter for letter, name in letters.items())
    return {"_tracking_consent": f"3{said}._DEBE_aB1"}


def _trustarc(choice: Choice, at: float) -> dict[str, str]:
    """Three buckets, all or the first alone: what the second holds is the site's to say."""
    return {"notice_preferences": f"{2 if choice else 0}:", "notice_gdpr_prefs": "0,1,2:" if choice else "0:"}


def _cookiehub(choice: Choice, at: float) -> dict[str, str]:
    numbers = {"functional": 2, "analytics": 3, "marketing": 4}
    document = {"answered": True, "categories": [1, *sorted(numbers[name] for name in choice)], "timestamp": iso(at)}
    return {"cookiehub": base64.b64encode(json.dumps(document).encode()).decode()}


def _tcf(choice: Choice, at: float) -> dict[str, str]:
    """Everything or nothing: the standard knows purposes, and of ours none alone."""
    granted = range(1, 12) if choice else ()
    vendors = Bits().bitfield_of(_TCF_VENDORS if choice else (), max(_TCF_VENDORS))
    return {"euconsent-v2": tc_string(Core(purposes=granted, vendors=vendors), *_TCF_VENDORS)}


def _whole(name: str, accepted: str, refused: str) -> Callable[[Choice, float], dict[str, str]]:
    return lambda choice, at: {name: accepted if choice else refused}


def _usercentrics(choice: Choice) -> str:
    return f"https://uct.service.usercentrics.eu/uct?v=1&sid=a&t={2 if choice else 3}&r=https%3A%2F%2F{SHOP}&cb=1"


def _sourcepoint(choice: Choice) -> str:
    return f"POST https://cdn.privacy-mgmt.com/wrapper/v2/choice/gdpr/{11 if choice else 13}?env=prod"


_ALL = (
    Manager("nobody", None, lambda choice, at: {}),
    Manager("vanilla-cookieconsent", BANNER, lambda choice, at: dated_choice(*sorted(choice), at=at)),
    Manager("klaro", KLARO, lambda choice, at: {"klaro": _compact({name: name in choice for name in CATEGORIES})}),
    Manager("cookiebot", COOKIEBOT, _cookiebot),
    Manager(
        "onetrust",
        "https://cdn.cookielaw.org/scripttemplates/otSDKStub.js",
        lambda choice, at: onetrust_choice(_groups(choice), closed_at=at),
        before=lambda: onetrust_choice(_groups(frozenset())),
    ),
    Manager(
        "cookieyes",
        "https://cdn-cookieyes.com/client_data/1/script.js",
        _cookieyes,
        before=lambda: {
            "cookieyes-consent": "consentid:x,consent:no,action:,necessary:,functional:,analytics:,performance:,advertisement:"
        },
    ),
    Manager("complianz", f"https://{SHOP}/wp-content/plugins/complianz-gdpr/js/complianz.min.js", _complianz),
    Manager("borlabs", None, _borlabs),
    Manager("didomi", "https://sdk.privacy-center.org/key/loader.js", _didomi, before=_didomi_before),
    Manager(
        "axeptio",
        "https://static.axept.io/sdk.js",
        _axeptio,
        before=lambda: {"axeptio_cookies": _compact({"$$token": "t", "$$completed": False})},
    ),
    Manager(
        "iubenda",
        "https://cdn.iubenda.com/cs/iubenda_cs.js",
        _iubenda,
        before=lambda: {"_iub_cs-12345678": _compact({"id": 12345678})},
    ),
    Manager("civic-cookie-control", "https://cc.cdn.civiccomputing.com/9/cookieControl-9.x.min.js", _civic),
    Manager("cookiescript", "https://x.cookie-script.com/s/1.js", _cookiescript),
    Manager("cookiefirst", "https://consent.cookiefirst.com/banner.js", _cookiefirst),
    Manager("trustarc", "https://consent.trustarc.com/notice?domain=shop.example", _trustarc),
    Manager("cookiehub", "https://cookiehub.net/c2/1234.js", _cookiehub),
    Manager(
        "drupal-eu-cookie-compliance",
        f"https://{SHOP}/modules/contrib/eu_cookie_compliance/js/eu_cookie_compliance.min.js",
        _whole("cookie-agreed", "2", "0"),
    ),
    Manager("hubspot-banner", None, _hubspot),
    Manager("shopify-privacy", None, _shopify),
    Manager(
        "osano-cookieconsent",
        "https://cdn.jsdelivr.net/npm/cookieconsent@3/build/cookieconsent.min.js",
        _whole("cookieconsent_status", "allow", "deny"),
    ),
    Manager("react-cookie-consent", None, _whole("CookieConsent", "true", "false")),
    Manager(
        "tarteaucitron",
        f"https://{SHOP}/js/tarteaucitron.js",
        lambda choice, at: {
            "tarteaucitron": quote("!" + "!".join(f"{name}={str(name in choice).lower()}" for name in CATEGORIES))
        },
        before=lambda: {"tarteaucitron": quote("!" + "!".join(f"{name}=wait" for name in CATEGORIES))},
    ),
    Manager("iab-tcf", None, _tcf),
    Manager("us-privacy", None, _whole("usprivacy", "1YNN", "1YYN")),
    Manager(
        "usercentrics",
        "https://app.usercentrics.eu/browser-ui/latest/loader.js",
        lambda choice, at: {},
        recording=_usercentrics,
    ),
    Manager(
        "sourcepoint",
        "https://cdn.privacy-mgmt.com/unified/wrapperMessagingWithoutDetection.js",
        lambda choice, at: {},
        recording=_sourcepoint,
    ),
)
MANAGERS = {manager.id: manager for manager in _ALL}
