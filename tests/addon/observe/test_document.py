"""Where the probe goes in a page, and which policies stand in its head."""

from __future__ import annotations

import pytest

from addon.observe.document import MAX_HEAD_BYTES, DocumentHead, read_head
from tests.growth import grows_too_fast

SCRIPT = "<!SCRIPT!>"
POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'


def head_of(page: str | bytes, *, xhtml: bool = False) -> DocumentHead:
    return read_head(page.encode() if isinstance(page, str) else page, final=True, xhtml=xhtml)


@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><html><head>^<title>t</title></head><body></body></html>",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0//EN' 'x'>\n<HTML LANG=en>\n<HEAD PROFILE=x>^<meta charset=utf-8>",
        "\ufeff<!doctype html><head>^",
        "\ufeff^hello",
        "<?xml version='1.0'?><!doctype html><html><head>^",
        # no head of its own
        "^<title>t</title>",
        "<!doctype html>^<title>t</title><script>var tpl = '<html><head>'</script>",
        "<!doctype html><html>\n^<body><p>text",
        "^text before a <head>",
        "^<p>a<head>",
        "^< head>",
        "^<3 <head>",
        "^&lt;head><head>",
        "<html>^</head><body>",
        "^</body><head>",
        "^<frameset><frame src=a></frameset>",
        "^<header>",
        "^<headless>",
        "^\x00 <head>",
        # what only looks like a head
        "<!-- <head> --><html><head>^",
        "<!--><head>^-->",
        "<!---><head>^-->",
        "<!--a--!><head>^-->",
        "<!--a--!-><head>--><html><head>^",
        "<!----><head>^",
        "<!---!><head>--><head>^",
        "<!-- a <!-- b --><head>^ -->",
        "<!--<!--><head>^",
        "<!x <head><head>^",
        "<?x <head><head>^",
        "</ <head><head>^",
        "</><head>^",
        "<![CDATA[ <head><head>^ ]]>",
        "<![CDATA[ <head> ^]]>",
        "<html data-x=\"<head>\" data-y='<head>'><head>^",
        "<html data-x=<head><head>^",
        "<html/data-x='>'/><head>^",
        "<html data-x = '>' y=\">\"z='>'><head>^",
        "<html =x='>'><head>^",
        "<html '><head>^",
        '<html ="><head>^',
        "</p class='<head>'><head>^",
        "</html-x><head>^",
        # a page of which nothing is left
        "^",
        " \n^",
        "<!doctype html><!-- a -->^",
        "<!doctype html>^<!-- <head>",
        "^<html",
        "^<html class='",
        "<!doctype html>^</p class='",
        "<!doctype html>^</body ",
        "^<",
        "^</",
        "^<!",
    ],
)
def test_the_script_goes_to_the_beginning_of_the_head(page: str) -> None:
    whole = page.replace("^", "").encode()
    assert read_head(whole, final=True).at == page.encode().index(b"^")


def test_policies_are_read_to_the_end_of_the_head() -> None:
    page = f"""<!doctype html>{POLICY}<head><title>{POLICY}</title><style>{POLICY}</style><!-- {POLICY} -->
        <noscript>{POLICY}</noscript><script>{POLICY}</script><template>{POLICY}<p></template>
        <META CONTENT=script-src&#32;&quot;x&quot; HTTP-EQUIV=content-security-policy>
        <meta http-equiv='content-security-policy&#x2d;report-only' content=x><meta http-equiv=content-security-policy>
        <meta content="img-src *" content=x http-equiv=content-security-polic&#121;></head><meta name=x>
        <link rel=x><meta http-equiv=content-security-policy content=after><p>{POLICY}"""
    assert head_of(page).policies == ("default-src 'self'", 'script-src "x"', "img-src *", "after")


@pytest.mark.parametrize("body", ["<p>", "text", "<body>", "</body>", "</br>", "<svg>", "<frameset>"])
def test_policies_in_the_body_do_not_count(body: str) -> None:
    found = read_head(f"<head>{POLICY}{body}{POLICY}".encode(), final=False)
    assert found.complete
    assert len(found.policies) == 1


@pytest.mark.parametrize(
    "script",
    [
        "<script><!-- <script> </script> --></script>",
        "<script><!--> </script>",
        "<script><!-- </script>",
        "<script><!-- <script></script><script></script></script>",
        "<script></scripty></script >",
        "<style></styl></style/>",
        "<title></TITLE\n>",
    ],
)
def test_a_script_ends_where_it_ends_for_a_browser(script: str) -> None:
    assert head_of(f"<head>{script}{POLICY}").policies == ("default-src 'self'",)
    assert head_of(f"<head>{script[:-2]}{POLICY}").policies == ()


XML = '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML>1.0//EN" "x">\n<!-- <head> --!> -->'
ROOT = '<html xmlns="http://www.w3.org/1999/xhtml">'


@pytest.mark.parametrize(
    "page",
    [
        f"{XML}{ROOT}<head>^<title/></head></html>",
        f"{ROOT}<?x <head> ?><!-- x --><head\n>^<title/></head></html>",
    ],
)
def test_in_xhtml_the_script_goes_into_the_head(page: str) -> None:
    assert head_of(page.replace("^", ""), xhtml=True).at == page.index("^")


@pytest.mark.parametrize(
    "page",
    [
        "<html><head></head></html>",
        f"{ROOT}<body/></html>",
        f"{ROOT}<head/><body/></html>",
        f'{ROOT}<head xmlns="urn:x"></head></html>',
        f"{ROOT}<HEAD></HEAD></html>",
        f"<!DOCTYPE html [<!ENTITY a '<head>'>]>{ROOT}<head></head></html>",
        '<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head></h:head></h:html>',
        f"text{ROOT}<head></head></html>",
        "<!-- never ended",
        "",
    ],
)
def test_in_xhtml_the_script_is_left_out_where_no_head_is_certain(page: str) -> None:
    found = head_of(page, xhtml=True)
    assert (found.at, found.complete) == (None, True)
    assert found.reason is not None


def test_policies_of_xhtml() -> None:
    policy = POLICY.replace('">', '"/>')
    page = f"{ROOT}<head><title>t</title><x>{policy}</x><script><![CDATA[{policy}]]></script>{policy}</head>{policy}"
    assert head_of(page, xhtml=True).policies == ("default-src 'self'",)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"<!--" + b"x" * MAX_HEAD_BYTES + b"--><head>", "does not begin within"),
        (b"<head " * 20_000, "does not begin within"),
        (b"<html " + b"a " * MAX_HEAD_BYTES, "does not begin within"),
        (b" " * MAX_HEAD_BYTES + b"<head>", "does not begin within"),
        ("<head>".encode("utf-16"), "UTF-16"),
        ("<head>".encode("utf-16-be"), "UTF-16"),
        (b"<!-- \x1b$B-->\x1b(B --><head>", "ISO-2022"),
    ],
)
def test_where_it_is_unsure_it_says_why(page: bytes, reason: str) -> None:
    found = head_of(page)
    assert (found.at, found.complete) == (None, True)
    assert found.reason is not None
    assert reason in found.reason


def test_a_body_whose_tag_never_ends_is_a_body() -> None:
    assert head_of(b"<!doctype html><body x='" + b"y" * MAX_HEAD_BYTES).at == len("<!doctype html>")


@pytest.mark.parametrize("xhtml", [False, True])
def test_more_bytes_change_nothing_once_it_is_complete(xhtml: bool) -> None:
    """A page in pieces gets the same answer as the whole page, and never one that has to be taken back."""
    before = XML if xhtml else "<!-- <head> --><!doctype html>"
    page = f"""{before}{ROOT}<head data-x='>'><!-- a --><title>t</title>{POLICY.replace('">', '"/>')}
        <script><![CDATA[ <!-- </ ]]></script></head><body><p>{"x" * 100}</p></body></html>""".encode()
    whole = read_head(page, final=True, xhtml=xhtml)
    assert (whole.at, len(whole.policies)) == (page.index(b"'>'>") + 4, 1)
    for size in range(len(page)):
        part = read_head(page[:size], final=False, xhtml=xhtml)
        assert part.at in (None, whole.at)
        assert part.policies == whole.policies[: len(part.policies)]
        if part.complete:
            assert part == whole
    assert read_head(page, final=False, xhtml=xhtml) == whole, "the body has begun"


REPEATED = [
    *("<!-- a -->", "<!--", "<!---->", "<!--!", "<!----!>", "-", "<head ", "<meta ", "<html>", "<title>", "</title", "<", "</"),
    *("<!", "<!x>", "<?x>", "<html a=", "<html a='", "<html a=b ", "<script><!--", "<script>", "</script>", "<template>", "'", "="),
    *("<meta http-equiv=content-security-policy ", "<meta http-equiv=content-security-policy content=&#1>", "&#", " ", "a", "\x00"),
    *("<!doctype ", "<!doctype '", "<!doctype>", "<![CDATA[", "]]>", "<style></styl", "<script><!--<script></script>", "-->"),
]  # fmt: skip


@pytest.mark.parametrize("xhtml", [False, True])
@pytest.mark.parametrize(
    "start", ["", "<!--", "<head>", "<script>", "<script><!--", "<title>", "<html x='", f"{ROOT}<head>"]
)
def test_time_grows_with_the_bytes_whatever_a_page_repeats(start: str, xhtml: bool) -> None:
    for part in REPEATED:
        page = (start + part * (MAX_HEAD_BYTES // len(part) + 1)).encode()[:MAX_HEAD_BYTES]
        quarter = page[: MAX_HEAD_BYTES // 4]
        assert grows_too_fast(lambda top: read_head(top, final=True, xhtml=xhtml), quarter, page) is None, part


def test_a_number_too_long_to_be_a_character_is_left_as_it_is() -> None:
    assert head_of(f"<meta http-equiv=content-security-policy content=&#{'9' * 5000};>").policies == (
        f"&#{'9' * 5000};",
    )
