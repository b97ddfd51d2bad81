"""consentwire.toml: every key, every mistake with its place, and what wins over what."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from addon import policy as module
from addon.judge.verdict import Regime
from addon.policy import IngestionHost, Policy, PolicyError, Suppression, parse_policy, read_policy
from vendor_catalog import CallKind, Category, shipped_catalogue

WHOLE = """
[policy]
regime = "opt-out"
region = "us"
[categories]
C0002 = "analytics"
"Marketing & Ads" = "marketing"
[sites."shop.example"]
consent_manager = "klaro"
ingestion_hosts = ["metrics.shop.example"]
regime = "opt-in"
[sites."com.example.shop"]
regime = "opt-in"
[destinations."Snowflake"]
category = "analytics"
owner = "data team"
[vendors.amplitude]
category = "functional"
[consent_managers.house-banner]
name = "House banner"
cookie = "shop_consent"
categories = { Stats = "analytics", ads = "marketing" }
hosts = ["banner.shop.example"]
declared = { shape = "json", answered_key = "decided" }
[sites."second.example"]
consent_manager = "house-banner"
[scope]
include = ["*.shop.example", "com.example.*"]
[[suppress]]
rule = "unmapped-destination"
destination = "Snowflake"
reason = "reviewed"
owner = "privacy"
expires = 2027-06-30
[storage]
payloads = "shape"
identifiers = "hashed"
"""


def parsed(text: str) -> Policy:
    return parse_policy(text, shipped_catalogue())


def refused(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parsed(text)
    return str(caught.value)


def test_a_whole_policy_is_read() -> None:
    policy = parsed(WHOLE)
    assert policy.policy.regime is Regime.OPT_OUT
    assert policy.policy.region == "us"
    assert policy.categories == {"C0002": Category.ANALYTICS, "Marketing & Ads": Category.MARKETING}
    assert policy.site("shop.example").consent_manager == "klaro"
    assert policy.site("shop.example").ingestion_hosts == [IngestionHost(host="metrics.shop.example", cdp="segment")]
    assert policy.destinations["Snowflake"].category is Category.ANALYTICS
    assert policy.destinations["Snowflake"].owner == "data team"
    assert policy.vendors["amplitude"].category is Category.FUNCTIONAL
    assert policy.suppress[0].expires == date(2027, 6, 30)
    assert (policy.storage.payloads, policy.storage.identifiers) == ("shape", "hashed")


def test_the_policys_own_consent_manager_joins_the_catalogue() -> None:
    extended = parsed(WHOLE).extended(shipped_catalogue())
    house = extended.consent_managers["house-banner"]
    assert house.categories == {"stats": Category.ANALYTICS, "ads": Category.MARKETING}
    assert [manager.id for manager, _ in extended.consent_cookies("shop_consent")] == ["house-banner"]
    match = extended.match("GET", "banner.shop.example", "/x.js")
    assert match is not None and (match.vendor, match.kind) == ("house-banner", CallKind.CONSENT)
    assert "house-banner" not in shipped_catalogue().consent_managers
    assert parsed("").extended(shipped_catalogue()) is shipped_catalogue()


def test_an_empty_policy_is_opt_in_and_records_everything_as_sent() -> None:
    for text in ("", "# nothing\n"):
        policy = parsed(text)
        assert policy == Policy()
        assert policy.regime_of("shop.example") is Regime.OPT_IN
        assert policy.in_scope("shop.example")
        assert policy.in_scope(None)
        assert (policy.storage.payloads, policy.storage.identifiers) == ("full", "plain")


# --- mistakes

UNKNOWN_KEYS = [
    ("[polcy]\n", "polcy: unknown key (did you mean 'policy'?); expected one of policy, categories, sites,"),
    ("[policy]\nregim = 'opt-in'\n", "policy.regim: unknown key (did you mean 'regime'?); expected one of regime, region"),
    ("[sites.'shop.example']\ningestion_host = []\n", "sites.\"shop.example\".ingestion_host: unknown key (did you mean"),
    ("[destinations.Snowflake]\ncategory='analytics'\nowners='x'\n", "destinations.Snowflake.owners: unknown key (did"),
    ("[vendors.amplitude]\ncategory='analytics'\nowner='x'\n", "vendors.amplitude.owner: unknown key; expected one of category"),
    ("[scope]\nincludes = []\n", "scope.includes: unknown key (did you mean 'include'?)"),
    ("[[suppress]]\nrule='x'\nreason='x'\nowner='x'\nexpires=2027-01-01\nsites='x'\n", "suppress[0].sites: unknown key (did"),
    ("[storage]\npayload='full'\n", "storage.payload: unknown key (did you mean 'payloads'?)"),
]  # fmt: skip
WRONG_VALUES = [
    ("[policy]\nregime = 'optin'\n", "policy.regime: expected 'opt-in' or 'opt-out', found 'optin'"),
    ("[policy]\nregion = ''\n", "policy.region: expected text that is not empty, found ''"),
    ("[policy]\nregion = 7\n", "policy.region: expected text in quotes, found 7"),
    ("policy = 3\n", "policy: expected a table, found 3"),
    ("categories = []\n", "categories: expected a table, found []"),
    (
        "[categories]\nC0002 = 'ads'\n",
        "categories.C0002: expected 'necessary', 'functional', 'analytics' or 'marketing', found 'ads'",
    ),
    ("[categories]\n'' = 'analytics'\n", "categories.\"\": expected text that is not empty, found ''"),
    ("[categories]\n'a b' = 'x'\n", "categories.\"a b\": expected 'necessary',"),
    ("[sites]\n'shop.example' = 1\n", 'sites."shop.example": expected a table, found 1'),
    (
        "[sites.'shop.example']\ningestion_hosts = 'metrics.shop.example'\n",
        "sites.\"shop.example\".ingestion_hosts: expected a list, found 'metrics.shop.example'",
    ),
    ("[sites.'shop.example']\ningestion_hosts = [1]\n", 'sites."shop.example".ingestion_hosts[0]: expected a host in quotes'),
    (
        "[[sites.'shop.example'.ingestion_hosts]]\nhost = 'e.shop.example'\ncdp = 'rudder'\n",
        'sites."shop.example".ingestion_hosts[0].cdp: no CDP is called \'rudder\'',
    ),
    (
        "[[sites.'shop.example'.ingestion_hosts]]\nhost = 'a'\nhosts = 'e.shop.example'\n",
        "sites.\"shop.example\".ingestion_hosts[0].hosts: unknown key (did you mean 'host'?); expected one of host, cdp",
    ),
    ("[destinations.Snowflake]\nowner = 'x'\n", "destinations.Snowflake.category: missing, and required"),
    ("[vendors.amplitude]\ncategory = 'marketing stuff'\n", "vendors.amplitude.category: expected 'necessary',"),
    ("[scope]\ninclude = '*'\n", "scope.include: expected a list, found '*'"),
    ("suppress = 1\n", "suppress: expected a list, found 1"),
    ("[[suppress]]\nrule='unmapped-destination'\nowner='x'\nexpires=2027-01-01\n", "suppress[0].reason: missing, and required"),
    (
        "[[suppress]]\nrule='unmapped-destination'\nreason='x'\nowner='x'\nexpires='soon'\n",
        "suppress[0].expires: expected a date such as 2027-06-30, found 'soon'",
    ),
    ("[storage]\npayloads = 'some'\n", "storage.payloads: expected 'full', 'shape' or 'none', found 'some'"),
    ("[storage]\nidentifiers = true\n", "storage.identifiers: expected 'plain' or 'hashed', found True"),
]  # fmt: skip
DECLARED = "[consent_managers.house]\nname='House'\ncategories={a='analytics'}\n"
UNKNOWN_NAMES = [
    (
        DECLARED + "cookie='x'\n",
        "consent_managers.house: a cookie goes with exactly one of 'format' and 'declared'",
    ),
    (DECLARED + "declared={shape='list'}\n", "consent_managers.house: a cookie goes with exactly one of"),
    (
        DECLARED + "cookie='x'\ndeclared={shape='list', answered_key='x'}\n",
        "consent_managers.house.declared: 'answered_key' and 'dated_key' go with the shapes 'json' and 'pairs'",
    ),
    (
        DECLARED + "cookie='x'\ndeclared={shape='list', separater=';'}\n",
        "consent_managers.house.declared.separater: unknown key (did you mean 'separator'?)",
    ),
    (
        DECLARED + "cookie='x'\nformat='klaroo'\n",
        "consent_managers.house.format: no format is called 'klaroo' (did you mean 'klaro'?); expected one of axeptio,",
    ),
    (DECLARED + "hosts=['UPPER.example']\n", "consent_managers.house: host: "),
    (
        "[consent_managers.klaro]\nname='Klaro'\nhosts=['x.example']\n",
        "consent_managers.klaro: the catalogue has an entry of this id; choose another",
    ),
    (
        "[vendors.amplitud]\ncategory = 'analytics'\n",
        "vendors.amplitud: no vendor is called 'amplitud' (did you mean 'amplitude'?); see 'consentwire catalog list'",
    ),
    (
        "[sites.'shop.example']\nconsent_manager = 'cookiebott'\n",
        "sites.\"shop.example\".consent_manager: no consent manager is called 'cookiebott' (did you mean 'cookiebot'?);"
        " expected one of axeptio,",
    ),
    (
        "[[suppress]]\nrule='unmaped-destination'\nreason='x'\nowner='x'\nexpires=2027-01-01\n",
        "suppress[0].rule: no rule is called 'unmaped-destination' (did you mean 'unmapped-destination'?)",
    ),
    (
        "[[suppress]]\nrule='unmapped-destination'\nvendor='Braze'\nreason='x'\nowner='x'\nexpires=2027-01-01\n",
        "suppress[0].vendor: no vendor is called 'Braze'",
    ),
    (
        "[categories]\nC0002 = 'analytics'\nc0002 = 'marketing'\n",
        "categories.c0002: stands there as 'C0002' already; upper and lower case are the same",
    ),
]


@pytest.mark.parametrize(("text", "told"), UNKNOWN_KEYS + WRONG_VALUES + UNKNOWN_NAMES)
def test_a_mistake_is_refused_with_its_file_its_place_and_what_was_expected(text: str, told: str) -> None:
    assert refused(text).startswith(f"consentwire.toml: {told}")


def test_every_problem_of_a_file_is_told_at_once() -> None:
    assert refused("[policy]\nregim='x'\nregion=1\n[scope]\ninclude=1\n").count("\n") == 2
    two = "[vendors.x]\ncategory='analytics'\n[vendors.y]\ncategory='analytics'\n"
    assert [line.partition(":")[2][:11] for line in refused(two).splitlines()] == [" vendors.x:", " vendors.y:"]


def test_what_is_no_toml_says_where() -> None:
    assert refused("[policy\n").startswith("consentwire.toml: not TOML: ")
    assert "line 1" in refused("[policy\n")
    assert refused("[policy]\nregime='opt-in'\nregime='opt-out'\n").startswith("consentwire.toml: not TOML: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    catalogue = shipped_catalogue()
    with pytest.raises(PolicyError, match=r"missing\.toml: cannot be read: No such file"):
        read_policy(tmp_path / "missing.toml", catalogue)
    with pytest.raises(PolicyError, match=r"cannot be read: Is a directory"):
        read_policy(tmp_path, catalogue)
    broken = tmp_path / "latin.toml"
    broken.write_bytes("[policy]\nregion = 'Düsseldorf'\n".encode("latin-1"))
    with pytest.raises(PolicyError, match=r"latin\.toml: not UTF-8 text \(byte 20\)"):
        read_policy(broken, catalogue)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    marked = tmp_path / "consentwire.toml"
    marked.write_bytes("[policy]\nregime = 'opt-out'\n".encode("utf-8-sig"))
    assert read_policy(marked, shipped_catalogue()).policy.regime is Regime.OPT_OUT


def test_errors_name_the_file_that_was_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[policy]\nregime = 'x'\n")
    with pytest.raises(PolicyError, match=rf"^{file}: policy\.regime: "):
        read_policy(file, shipped_catalogue())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.sampled_from(WHOLE.splitlines()).map(lambda line: f"{line}\n{line}"))
def test_any_text_is_a_policy_or_a_policy_error(text: str) -> None:
    try:
        assert isinstance(parsed(text), Policy)
    except PolicyError as error:
        assert str(error).startswith("consentwire.toml: ")


# --- every key is documented where it is defined


def test_every_section_and_key_says_what_it_is() -> None:
    sections: list[type[BaseModel]] = [Policy, *module._TABLES.values()]
    for section in sections:
        assert section.__doc__
        for name, field in section.model_fields.items():
            assert field.description, f"{section.__name__}.{name}"


def test_every_table_of_the_policy_is_known_to_the_error_messages() -> None:
    assert set(Policy.model_fields) - {"categories"} == set(module._TABLES)


# --- what holds for whom


def test_a_site_has_its_own_regime_and_others_the_general_one() -> None:
    policy = parsed(WHOLE)
    assert policy.regime_of("shop.example") is Regime.OPT_IN
    assert policy.regime_of("com.example.shop") is Regime.OPT_IN
    assert policy.regime_of("other.example") is Regime.OPT_OUT
    assert policy.regime_of(None) is Regime.OPT_OUT


def test_a_site_is_found_however_it_is_spelled() -> None:
    policy = parsed("[sites.'Shop.Example']\nregime = 'opt-out'\n")
    assert policy.regime_of("shop.example") is Regime.OPT_OUT
    assert parsed("[scope]\ninclude = ['*.Shop.Example']\n").in_scope("shop.example")


@pytest.mark.parametrize(
    ("site", "inside"),
    [
        ("shop.example", True),
        ("www.shop.example", True),
        ("com.example.shop", True),
        ("notshop.example", False),
        ("shop.example.evil", False),
        ("com.example", False),
        (None, False),
    ],
)
def test_a_scope_covers_a_domain_and_what_is_below_it(site: str | None, inside: bool) -> None:
    assert parsed(WHOLE).in_scope(site) is inside


def test_category_overrides_are_looked_up_in_lower_case() -> None:
    overrides = parsed(WHOLE).category_overrides()
    assert overrides == {"c0002": Category.ANALYTICS, "marketing & ads": Category.MARKETING}


# --- suppressions


def suppressed(at: datetime, **about: str | None) -> Suppression | None:
    found: dict[str, str | None] = {
        "rule": "unmapped-destination",
        "vendor": None,
        "destination": "Snowflake",
        "site": "shop.example",
        "event": None,
    }
    policy = parsed(WHOLE)
    return policy.suppression_of(**(found | about), at=at.timestamp())  # type: ignore[arg-type]


BEFORE = datetime(2027, 6, 30, 23, 59, 59, tzinfo=UTC)


def test_a_suppression_covers_its_last_day_and_not_the_next_by_the_captures_time() -> None:
    assert suppressed(BEFORE) is not None
    assert suppressed(datetime(2027, 7, 1, tzinfo=UTC)) is None
    assert suppressed(datetime(2020, 1, 1, tzinfo=UTC)) is not None


def test_a_suppression_covers_only_what_it_names() -> None:
    assert suppressed(BEFORE, site="other.example") is not None
    assert suppressed(BEFORE, destination="BigQuery") is None
    assert suppressed(BEFORE, destination=None) is None
    assert suppressed(BEFORE, rule="fanout-without-consent") is None


@pytest.mark.parametrize("key", ["vendor", "site", "event", "destination"])
def test_every_narrowing_of_a_suppression_counts(key: str) -> None:
    value = "amplitude" if key == "vendor" else "x"
    text = f"[[suppress]]\nrule='event-without-consent'\nreason='r'\nowner='o'\nexpires=2027-01-01\n{key}='{value}'\n"
    policy = parsed(text)
    nothing = dict.fromkeys(("vendor", "destination", "site", "event"))
    at = BEFORE.replace(year=2026).timestamp()
    assert policy.suppression_of(rule="event-without-consent", **(nothing | {key: value}), at=at) is not None
    assert policy.suppression_of(rule="event-without-consent", **(nothing | {key: "other"}), at=at) is None
    assert policy.suppression_of(rule="event-without-consent", **nothing, at=at) is None
