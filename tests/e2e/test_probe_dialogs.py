"""Consent banners of nobody the catalogue knows: seen by their looks, their clicks told, never taken for an answer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from .probed import probed

TEXTS = {
    "en": ("We use cookies to improve your experience.", "Accept all", "Learn more"),
    "de": ("Wir brauchen Ihre Einwilligung.", "Alle akzeptieren", "Mehr erfahren"),
    "fr": ("Avec votre consentement, nous mesurons.", "J’accepte", "En savoir plus"),
    "fi": ("Käytämme evästeitä sivustolla.", "Hyväksy kaikki", "Lue lisää"),
    "pl": ("Używamy plików ciasteczka.", "Odrzuć wszystkie", "Więcej"),
}
FIXED = "position:fixed;bottom:0;left:0;right:0;background:#eee"


def banner(text: str, button: str, more: str, attributes: str = f'style="{FIXED}"') -> str:
    hide = "this.closest('section').style.display='none'"
    return f'<section {attributes}><p>{text}</p><button id="yes" onclick="{hide}">{button}</button><a id="more">{more}</a></section>'


@pytest.mark.parametrize("language", TEXTS)
def test_a_dialog_that_speaks_of_cookies_is_seen_and_its_buttons_are_told(browser: Browser, language: str) -> None:
    text, button, more = TEXTS[language]
    with probed(browser, body=banner(text, button, more)) as opened:
        opened.wait(lambda report: report.banners)
        opened.page.click("#more")
        opened.page.click("#yes")
        opened.wait(lambda report: [each for each in report.banners if each.event == "hidden"])
        assert [(each.event, each.label) for each in opened.banners] == [
            ("shown", None),
            ("clicked", button),
            ("hidden", None),
        ]
        assert all(each.generic and each.manager is None for each in opened.banners)
        assert opened.said == []


DIALOG = banner(*TEXTS["en"], attributes="role=dialog aria-modal=true")
SHADOW = """<div id="host"></div><script>
document.querySelector('#host').attachShadow({ mode: 'open' }).innerHTML = CONTENT</script>"""
PLACES = {
    "by its role": DIALOG,
    "in a shadow tree": SHADOW.replace("CONTENT", "`" + DIALOG + "`"),
    "in a frame": f"<iframe srcdoc='{DIALOG.replace(chr(39), '&#39;')}' style='width:400px;height:200px'></iframe>",
    "named for it": f"<div><div><div>{banner(*TEXTS['en'], attributes=f'''class="my-cookie-bar" style="{FIXED}" ''')}</div></div></div>",
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_seen_wherever_it_stands(browser: Browser, place: str) -> None:
    with probed(browser, body=PLACES[place]) as opened:
        opened.wait(lambda report: report.banners)
        inside = opened.page.frames[-1] if "frame" in place else opened.page
        inside.locator("#yes").click()
        opened.wait(lambda report: [each for each in report.banners if each.event == "clicked"])
        assert [each.label for each in opened.banners if each.event == "clicked"] == ["Accept all"]
        assert opened.said == []


NONE_OF_THEM = {
    "an ordinary dialog": '<section role="dialog"><p>Sign in</p><button id="yes">Agree</button><a>Privacy policy</a></section>',
    "nothing to choose": f'<section style="{FIXED}"><p>Our cookie policy has changed.</p><a id="yes">Read it</a></section>',
    "hidden": banner(*TEXTS["en"], attributes='role=dialog style="display:none"') + '<button id="yes">Accept</button>',
    "text of the page": banner(*TEXTS["en"], attributes=""),
    "a known one": '<div id="onetrust-banner-sdk" role="dialog"><p>cookies</p><button id="yes">Accept</button></div>',
}


@pytest.mark.parametrize("what", NONE_OF_THEM)
def test_what_does_not_look_like_one_is_none(browser: Browser, what: str) -> None:
    with probed(browser, body=NONE_OF_THEM[what]) as opened:
        opened.page.wait_for_timeout(1500)
        opened.page.locator("#yes:visible").click()
        opened.page.wait_for_timeout(300)
        assert not [each for each in opened.banners if each.generic]


def test_a_page_that_never_rests_is_looked_through_once_a_second_at_most(browser: Browser) -> None:
    counting = """<script>let styles = 0; const real = getComputedStyle
    window.getComputedStyle = (...args) => { styles += 1; return real(...args) }
    setInterval(() => document.body.append(document.createElement('i')), 5)</script>"""
    crowd = "<div>x</div>" * 5000
    with probed(browser, head=counting, body=f"<main>{crowd}</main>{crowd}") as opened:
        opened.page.wait_for_timeout(3000)
        assert opened.page.evaluate("styles") <= 60 * 4


def test_neither_styles_nor_elements_are_touched(browser: Browser) -> None:
    seen = []
    for with_probe in (True, False):
        with probed(browser, body=banner(*TEXTS["en"]) + DIALOG, with_probe=with_probe) as opened:
            opened.page.wait_for_timeout(1500)
            seen.append(opened.page.evaluate("document.body.innerHTML + document.adoptedStyleSheets.length"))
    assert seen[0] == seen[1]
