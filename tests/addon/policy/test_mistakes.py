"""Every mistake in a policy file is refused with its place, and what was expected there."""

from __future__ import annotations

import pytest

from addon.policy import Policy

from .texts import refused

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
    (
        "[destinations.Snowflake]\ncategory = 'analytics'\nsources = ['x']\n",
        "destinations.Snowflake: 'sources' and 'workspace_categories' go with 'hidden = true'",
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


@pytest.mark.parametrize(("text", "expected"), UNKNOWN_KEYS + WRONG_VALUES + UNKNOWN_NAMES)
def test_a_mistake_is_refused_with_its_file_its_place_and_what_was_expected(text: str, expected: str) -> None:
    assert refused(text).startswith(f"consentwire.toml: {expected}")


@pytest.mark.parametrize("table", [name for name in Policy.model_fields if name != "categories"])
def test_an_unknown_key_is_told_with_the_keys_of_its_own_table(table: str) -> None:
    texts = (f"[{table}]\nqqq = 1\n", f"[[{table}]]\nqqq = 1\n", f"[{table}.qqq]\nqqq = 1\n")
    expected = next(
        line for text in texts for line in refused(text).splitlines() if "qqq: unknown key; expected one of" in line
    )
    assert "policy, categories" not in expected


def test_every_problem_of_a_file_is_told_at_once() -> None:
    assert refused("[policy]\nregim='x'\nregion=1\n[scope]\ninclude=1\n").count("\n") == 2
    two = "[vendors.x]\ncategory='analytics'\n[vendors.y]\ncategory='analytics'\n"
    assert [line.partition(":")[2][:11] for line in refused(two).splitlines()] == [" vendors.x:", " vendors.y:"]
