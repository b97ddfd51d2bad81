"""The in-page probe asks every script interface that the catalogue knows, and what it answers becomes consent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from addon.body import Body
from addon.observations import MAX_REPORT_BYTES, REPORTS, parse_report
from addon.records import SignalRecord
from tests.addon.building import Browser as Visitor
from tests.addon.building import run
from vendor_catalog import shipped_catalogue

from .probed import Probed, probed

ACCEPT_ALL = "CQgcD4AQgcD4AEsABBENCxFoAP_gAEPgAAYgF5wAgAtgLzAAAAAA.IF5wAgAtgLzA"
OPEN = "CQgcD4AQgcD4AEsABBENCxFgAAAAAEPgAAYgAAALzgAgLzAA.IF5wAgAtgLzA"
BUTTON = '<button id="yes">Yes</button>'


@dataclass(frozen=True)
class Fake:
    """A script interface as its vendor documents it, with a button that makes a choice."""

    manager: str
    script: str
    before: bool | None
    """Whether it tells of an unanswered banner before the choice; ``None``: it says nothing."""
    marketing: bool = True


FAKES = [
    Fake(
        "iab-tcf",
        f"""const queue = []
        window.__tcfapi = (...args) => queue.push(args)
        let state = {{ tcString: '{OPEN}', eventStatus: 'cmpuishown', gdprApplies: true, purpose: {{ consents: {{}} }} }}
        const listeners = []
        setTimeout(() => {{
          window.__tcfapi = (command, version, callback) => {{
            if (command !== 'addEventListener') throw new Error(command)
            listeners.push(callback)
            callback({{ ...state, listenerId: listeners.length }}, true)
          }}
          for (const args of queue) window.__tcfapi(...args)
        }}, 200)
        window.choose = () => {{
          state = {{ ...state, tcString: '{ACCEPT_ALL}', eventStatus: 'useractioncomplete' }}
          listeners.forEach((listener) => listener(state, true))
        }}""",
        before=False,
    ),
    Fake(
        "iab-tcf",
        f"""let pingData = {{ gppString: 'DBABM~{OPEN}', applicableSections: [2], signalStatus: 'not ready' }}
        const listeners = []
        window.__gpp = (command, callback) => {{
          if (command !== 'addEventListener') throw new Error(command)
          listeners.push(callback)
          callback({{ eventName: 'listenerRegistered', listenerId: 1, data: true, pingData }}, true)
        }}
        window.choose = () => {{
          pingData = {{ ...pingData, gppString: 'DBABM~{ACCEPT_ALL}', signalStatus: 'ready', cmpDisplayStatus: 'hidden' }}
          listeners.forEach((listener) => listener({{ eventName: 'signalStatus', data: 'ready', pingData }}, true))
        }}""",
        before=None,
    ),
    Fake(
        "onetrust",
        """let closed = false
        const listeners = []
        window.OnetrustActiveGroups = ',C0001,'
        window.OneTrust = {
          IsAlertBoxClosed: () => closed,
          GetDomainData: () => ({ ShowAlertNotice: true, Groups: [] }),
          OnConsentChanged: (listener) => listeners.push(listener),
          AllowAll: () => { throw new Error('changes') },
        }
        window.choose = () => {
          closed = true
          window.OnetrustActiveGroups = ',C0001,C0002,C0004,'
          listeners.forEach((listener) => listener(new CustomEvent('consent.onetrust', { detail: ['C0001'] })))
          window.dispatchEvent(new CustomEvent('OneTrustGroupsUpdated', { detail: ['C0001', 'C0002'] }))
        }""",
        before=False,
    ),
    Fake(
        "cookiebot",
        """const consent = { necessary: true, preferences: false, statistics: false, marketing: false, method: null, stamp: 'person' }
        window.Cookiebot = { hasResponse: false, consent, dialog: { visible: true } }
        window.choose = () => {
          Object.assign(consent, { statistics: true, marketing: true, method: 'explicit' })
          Object.assign(window.Cookiebot, { hasResponse: true, consented: true, dialog: { visible: false } })
          window.dispatchEvent(new Event('CookiebotOnAccept'))
        }""",
        before=False,
    ),
    Fake(
        "didomi",
        """let enabled = false
        const listeners = []
        window.Didomi = {
          getCurrentUserStatus: () => ({ user_id: 'person', purposes: { 'marketing': { id: 'marketing', enabled } }, vendors: {
            google: { id: 'google', enabled } } }),
          shouldUserStatusBeCollected: () => !enabled,
          on: (event, listener) => event === 'consent.changed' && listeners.push(listener),
          setUserAgreeToAll: () => { throw new Error('changes') },
        }
        window.choose = () => { enabled = true; listeners.forEach((listener) => listener({ context: {} })) }""",
        before=False,
    ),
    Fake(
        "usercentrics",
        """const consent = { status: false, history: [{ action: 'onInitialPageLoad', type: 'implicit', status: false }] }
        window.UC_UI = {
          isInitialized: () => true,
          isConsentRequired: () => !consent.status,
          getServicesBaseInfo: () => [{ id: 'x1', name: 'Meta Pixel', categorySlug: 'marketing', consent }],
          acceptAllConsents: () => { throw new Error('changes') },
        }
        window.choose = () => {
          consent.status = true
          consent.history.push({ action: 'onAcceptAllServices', type: 'explicit', status: true })
          window.dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', { detail: { source: 'FIRST', type: 'ACCEPT_ALL' } }))
        }""",
        before=False,
    ),
    Fake(
        "usercentrics",
        """let chosen = false
        window.__ucCmp = {
          isConsentRequired: async () => !chosen,
          getConsentDetails: async () => ({
            consent: { status: chosen ? 'ALL_ACCEPTED' : 'ALL_DENIED', type: chosen ? 'EXPLICIT' : 'IMPLICIT', controllerId: 'person' },
            categories: { marketing: { name: 'Marketing', state: chosen ? 'ALL_ACCEPTED' : 'ALL_DENIED' } } }),
          denyAllConsents: () => { throw new Error('changes') },
        }
        window.choose = () => {
          chosen = true
          window.dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', { detail: { type: 'ACCEPT_ALL' } }))
        }""",
        before=False,
    ),
    Fake(
        "shopify-privacy",
        """const said = { marketing: '', analytics: '', preferences: '', sale_of_data: '' }
        window.Shopify = { customerPrivacy: {
          currentVisitorConsent: () => said,
          setTrackingConsent: () => { throw new Error('changes') } } }
        window.choose = () => {
          Object.assign(said, { marketing: 'no', analytics: 'yes', preferences: 'no' })
          document.dispatchEvent(new CustomEvent('visitorConsentCollected', { detail: { marketingAllowed: false } }))
        }""",
        before=False,
        marketing=False,
    ),
]


def signals(opened: Probed) -> list[SignalRecord]:
    """What the engine makes of all that a page told."""
    reports = []
    for body in opened.bodies:
        arrived = parse_report(body).sent_at / 1000 + 0.01
        sent = Visitor().fetch(0, f"https://www.shop.example{REPORTS}", mode="cors", dest="empty", method="POST")
        reports.append(replace(sent, own=True, status=200, started_at=arrived, request_body=Body(body)))
    return run(*reports).of(SignalRecord)


def test_every_interface_of_the_catalogue_is_tried_here() -> None:
    managers = shipped_catalogue().consent_managers.values()
    real = {"klaro", "vanilla-cookieconsent"}
    assert {manager.id for manager in managers if manager.apis} == {fake.manager for fake in FAKES} | real | {"iab-gpp"}


@pytest.mark.parametrize("fake", FAKES, ids=lambda fake: fake.manager)
def test_an_interface_tells_of_an_answer_at_the_click(browser: Browser, fake: Fake) -> None:
    body = f"{BUTTON}<script>{fake.script}; document.querySelector('#yes').onclick = () => window.choose()</script>"
    with probed(browser, body=body) as opened:
        if fake.before is not None:
            opened.wait(lambda seen: seen.states)
        opened.page.wait_for_timeout(600)
        known = len(opened.states)
        opened.page.click("#yes")
        opened.wait(lambda seen: any(state.chosen_at for state in seen.states[known:]))
        opened.page.wait_for_timeout(300)
        assert opened.said == []
        assert not any(b"person" in sent for sent in opened.bodies), "what identifies the person stays in the page"
        seen = [signal for signal in signals(opened) if signal.source == fake.manager]
    assert [signal.answered for signal in seen] == ([] if fake.before is None else [fake.before]) + [True]
    assert seen[-1].marketing is fake.marketing
    assert seen[-1].effective_at is not None
    assert seen[-1].effective_at <= seen[-1].observed_at < seen[-1].effective_at + 2
    assert seen[-1].carrier.startswith("probe ")


KLARO = """<script defer src="/klaro.js"></script><script>
var klaroConfig = { storageName: 'own-name', storageMethod: 'localStorage', acceptAll: true, services: [
  { name: 'marketing', purposes: ['marketing'], onInit: 'window.inits = (window.inits || 0) + 1' }] }</script>"""


def test_klaro_is_asked_only_once_it_is_rendered(browser: Browser, web: Path) -> None:
    with probed(browser, head=KLARO, files=web / "vendor") as opened:
        opened.wait(lambda seen: [state for state in seen.states if state.state.get("confirmed") is False])
        opened.page.click(".klaro .cm-btn-success")
        opened.wait(lambda seen: [state for state in seen.states if state.state.get("confirmed") is True])
        assert opened.said == []
        assert opened.page.evaluate("window.inits") == 1, "nothing was set up twice"
        seen = [signal for signal in signals(opened) if signal.source == "klaro"]
    assert [(signal.answered, signal.marketing) for signal in seen] == [(False, None), (False, None), (True, True)]
    assert seen[-1].effective_at is not None


CC = """<link rel="stylesheet" href="/cookieconsent.css"><script defer src="/cookieconsent.umd.js"></script><script>
addEventListener('DOMContentLoaded', () => CookieConsent.run({ cookie: { name: 'own-name' }, hideFromBots: false,
  categories: { necessary: { enabled: true, readOnly: true }, analytics: {}, marketing: {} },
  language: { default: 'en', translations: { en: { consentModal: { title: 'Hm', acceptAllBtn: 'Yes', acceptNecessaryBtn: 'No' },
    preferencesModal: { title: 'Hm', acceptAllBtn: 'Yes', acceptNecessaryBtn: 'No', savePreferencesBtn: 'Save', sections: [] } } } } }))
</script>"""


def test_cookieconsent_under_a_name_of_the_sites_own_is_read_by_its_interface(browser: Browser, web: Path) -> None:
    with probed(browser, head=CC, files=web / "vendor") as opened:
        opened.page.click("#cc-main [data-role=necessary]")
        opened.wait(lambda seen: [state for state in seen.states if state.state.get("valid") is True])
        opened.page.wait_for_timeout(200)
        assert opened.said == []
        seen = [signal for signal in signals(opened) if signal.source == "vanilla-cookieconsent"]
    assert [(signal.answered, signal.analytics, signal.marketing) for signal in seen] == [
        (False, None, None),  # the banner stands open
        (True, False, False),
    ]
    assert seen[-1].effective_at is not None


HOSTILE = """<script>
window.calls = []
const trap = { get: (target, name) => { if (name === 'then') return undefined; window.calls.push(String(name)); return name === 'consent' ?
  new Proxy({}, { get: () => { throw new Error('no') } }) : new Proxy(() => { throw new Error('never') }, trap) } }
Object.defineProperty(window, 'Cookiebot', { get() { throw new Error('trap') } })
window.Didomi = new Proxy({}, trap)
window.OneTrust = { IsAlertBoxClosed: () => 'x'.repeat(10_000_000), GetDomainData: () => { throw null },
  OnConsentChanged: (listener) => { listener(new Proxy({}, { get() { throw new Error('listener') } })); throw new Error('late') } }
window.OnetrustActiveGroups = { toString() { throw new Error('text') } }
window.__tcfapi = (command, version, callback) => { callback({ get tcString() { throw new Error('string') },
  eventStatus: 'useractioncomplete', gdprApplies: { huge: 'x'.repeat(1_000_000) } }, true); callback(null); callback(7) }
window.__gpp = (command, callback) => callback({ pingData: {
  gppString: 'y'.repeat(1_000_000), applicableSections: new Array(1_000_000).fill(2) } })
const many = Object.fromEntries([...Array(50_000).keys()].map((id) => ['category-' + id, { state: 'ALL_ACCEPTED' }]))
window.__ucCmp = { isConsentRequired: () => Promise.reject(new Error('no')), getConsentDetails: () => new Promise(() => {}) }
window.UC_UI = { isInitialized: () => true, isConsentRequired: () => false, getServicesBaseInfo: () => Object.values(many) }
const said = {}; said.analytics = said; Object.defineProperty(said, 'marketing', { enumerable: true, get() { throw new Error('m') } })
window.Shopify = { customerPrivacy: { currentVisitorConsent: () => said } }
window.addEventListener('load', () => { const event = new Event('UC_UI_CMP_EVENT')
  Object.defineProperty(event, 'detail', { get() { throw new Error('detail') } }); window.dispatchEvent(event); window.done = true })
</script>"""


def test_hostile_interfaces_are_contained(browser: Browser) -> None:
    with probed(browser, head=HOSTILE, body="<p>content</p>") as opened:
        opened.page.wait_for_timeout(3000)
        assert opened.page.evaluate("window.done") is True
        assert opened.said == []
        assert all(len(body) < MAX_REPORT_BYTES for body in opened.bodies)
        called = set(opened.page.evaluate("window.calls"))
        assert called <= {"getCurrentUserStatus", "shouldUserStatusBeCollected", "on", "call"}
        assert not [signal for signal in signals(opened) if signal.answered]


def test_a_choice_made_on_an_earlier_page_is_not_dated(browser: Browser) -> None:
    script = f"""<script>window.__tcfapi = (command, version, callback) =>
      callback({{ tcString: '{ACCEPT_ALL}', eventStatus: 'tcloaded', gdprApplies: true }}, true)</script>"""
    with probed(browser, head=script) as opened:
        opened.wait(lambda seen: seen.states)
        (seen,) = [signal for signal in signals(opened) if signal.source == "iab-tcf"]
    assert (seen.answered, seen.analytics) == (True, True)
    assert all(state.chosen_at is None for state in opened.states)
