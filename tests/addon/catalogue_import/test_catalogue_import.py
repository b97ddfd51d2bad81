"""Lists -> catalogue files: what is taken, what is left out and counted, what is refused."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from addon.catalogue_import import Imported, ImportRefused, Kind, import_list
from addon.policy import catalogue_with
from vendor_catalog import Catalogue, shipped_catalogue
from vendor_catalog.lint import problems

DATABASE = (
    "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Data Controller,"
    "User Privacy & GDPR Rights Portals,Wildcard match\n"
)


def took(
    tmp_path: Path, text: str | bytes, name: str = "list.csv", kind: Kind | None = None
) -> tuple[Imported, Catalogue]:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = import_list(file, tmp_path / "mine", shipped_catalogue(), kind)
    known = catalogue_with([tmp_path / "mine"])
    assert known.unread == done.unread
    assert problems(known) == list(done.unread)
    return done, known


def written(tmp_path: Path, identifier: str) -> dict[str, Any]:
    return tomllib.loads((tmp_path / "mine" / "vendors" / f"{identifier}.toml").read_text())


# --- the Open Cookie Database


def test_a_row_of_the_open_cookie_database_becomes_a_vendors_cookie(tmp_path: Path) -> None:
    row = "1,Nexus Ads,Marketing,nx_vid,,Knows you.,13 months,Nexus,https://nexus.example/privacy,0\n"
    done, known = took(tmp_path, DATABASE + row)
    assert (done.kind, done.entries, done.new_vendors, done.cookies) == (Kind.COOKIE_DATABASE, 1, 1, 1)
    owner = known.cookie_owner("nx_vid", "shop.example", first_party=True)
    assert owner is not None
    vendor, cookie = owner
    assert (vendor.id, vendor.name, vendor.category, vendor.website) == (
        "nexus-ads",
        "Nexus Ads",
        "marketing",
        "https://nexus.example/privacy",
    )
    assert (cookie.purpose, cookie.lifetime, cookie.sources) == (
        "Knows you.",
        "13 months",
        ["list.csv (Open Cookie Database)"],
    )


def test_third_party_domains_and_wildcards_are_read(tmp_path: Path) -> None:
    rows = (
        "1,Nexus Ads,Marketing,uid,.bid.nexus.example (3rd party) or nexus-two.example (3rd party),d,1 year,N,,0\n"
        "2,Nexus Ads,Analytics,nxs_,,d,1 year,N,,1\n"
    )
    _, known = took(tmp_path, DATABASE + rows)
    cookies = known.vendors["nexus-ads"].cookies
    assert [(c.name, c.prefix, c.party, c.domain, c.category) for c in cookies] == [
        ("uid", None, "third", "nexus.example", None),
        ("uid", None, "third", "nexus-two.example", None),
        (None, "nxs_", "first", None, "analytics"),
    ]
    assert known.vendors["nexus-ads"].category == "marketing"
    assert known.cookie_owner("uid", "shop.example", first_party=True) is None


def test_a_platform_that_ships_gets_the_cookies_it_lacked(tmp_path: Path) -> None:
    rows = "1,Amplitude,Analytics,amp_new_device,,d,1 year,A,,0\n2,Google Analytics 4,Analytics,_ga,,d,2 years,G,,0\n"
    done, known = took(tmp_path, DATABASE + rows)
    assert (done.new_vendors, done.known_vendors) == (0, 1)
    assert done.left_out == {"known already": 1}
    assert written(tmp_path, "amplitude").keys() == {"id", "sources", "cookies"}
    assert known.vendors["amplitude"].name == shipped_catalogue().vendors["amplitude"].name


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,Nexus,Functional,nx_cart,,d,1 year,N,,0", "category 'Functional'"),
        ("1,Nexus,Personalization,nx_pers,,d,1 year,N,,0", "category 'Personalization'"),
        ("1,Nexus,,nx_vid,,d,1 year,N,,0", "category '(none)'"),
        ("1,Nexus,Marketing,uid,,d,1 year,N,,0", "any site may use"),
        ("1,Nexus,Marketing,session_id,,d,1 year,N,,0", "any site may use"),
        ("1,Nexus,Marketing,i,,d,1 year,N,,0", "any site may use"),
        ("1,Nexus,Marketing,userId,,d,1 year,N,,0", "any site may use"),
        ("1,Nexus,Marketing,nx_opt_out,,d,1 year,N,,0", "stored consent choice"),
        ("1,Nexus,Analytics,nx_consent,,d,1 year,N,,0", "stored consent choice"),
        ("1,Nexus,Marketing,x,,d,1 year,N,,1", "too general"),
        ("1,Nexus,Marketing,ajs_anonymous,,d,1 year,N,,1", "begin like cookies"),
        ("1,Nexus,Marketing,nx_<id>_x,,d,1 year,N,,0", "placeholder"),
        ("1,Nexus,Marketing,,,d,1 year,N,,0", "without a name"),
        ("1,,Marketing,nx_vid,,d,1 year,N,,0", "without a provider"),
        ("1,Cookiebot,Marketing,cb_vid,,d,1 year,N,,0", "a consent manager's"),
        ("1,Nexus,Marketing,OptanonConsent,,d,1 year,N,,0", "a consent manager's"),
        ("1,Nexus,Marketing,_fbp,,d,1 year,N,,0", "known already"),
    ],
)
def test_what_a_row_lacks_is_never_guessed(tmp_path: Path, row: str, reason: str) -> None:
    done, known = took(tmp_path, DATABASE + row + "\n")
    assert len(known.vendors) == len(shipped_catalogue().vendors)
    ((shown, number),) = done.left_out.items()
    assert reason in shown
    assert number == 1


def test_what_two_vendors_claim_belongs_to_neither(tmp_path: Path) -> None:
    rows = (
        "1,Nexus,Marketing,nx_vid,,d,1y,N,,0\n2,Rival,Marketing,nx_vid,,d,1y,N,,0\n3,Rival,Analytics,rv_a,,d,1y,N,,0\n"
    )
    done, known = took(tmp_path, DATABASE + rows)
    assert done.left_out == {"listed for several vendors or categories": 2}
    assert "nexus" not in known.vendors
    assert [cookie.name for cookie in known.vendors["rival"].cookies] == ["rv_a"]


def test_importing_twice_adds_nothing(tmp_path: Path) -> None:
    row = "1,Nexus Ads,Marketing,nx_vid,,d,1 year,N,,0\n"
    took(tmp_path, DATABASE + row)
    before = written(tmp_path, "nexus-ads")
    done, _ = took(tmp_path, DATABASE + row)
    assert (done.new_vendors, done.known_vendors, done.left_out) == (0, 0, {"known already": 1})
    assert written(tmp_path, "nexus-ads") == before


# --- what consent managers export


@pytest.mark.parametrize(
    "text",
    [
        "Cookie Name,Host,Category,Lifespan,Description\nnx_vid,.ads.nexus.example,Targeting Cookies,1 Year,d\n",
        "Name;Provider;Purpose;Expiry;Type;Category\nnx_vid;ads.nexus.example;d;1 year;HTTP Cookie;Marketing\n",
        "cookie_name\tcookie_domain\tcookie_category\nnx_vid\tads.nexus.example\tAdvertising\n",
        "\ufeffname,category,domain\nnx_vid,marketing,nexus.example\n",
    ],
    ids=["like OneTrust", "like Cookiebot", "tabs", "byte order mark"],
)
def test_exports_of_several_shapes_are_read(tmp_path: Path, text: str) -> None:
    done, known = took(tmp_path, text)
    assert done.kind is Kind.EXPORT
    owner = known.cookie_owner("nx_vid", "nexus.example", first_party=False)
    assert owner is not None
    assert (owner[0].id, owner[0].category) == ("nexus-example", "marketing")
    assert known.cookie_owner("nx_vid", "shop.example", first_party=True) is None, "only on the host that was named"


def test_an_export_in_utf_16_is_read(tmp_path: Path) -> None:
    _, known = took(tmp_path, "name,category,provider\nnx_vid,Statistics,Nexus\n".encode("utf-16"))
    assert known.vendors["nexus"].category == "analytics"


def test_a_cookie_of_the_sites_own_host_is_judged_there_by_the_sites_own_category(tmp_path: Path) -> None:
    _, known = took(
        tmp_path, "Cookie Name,Host,Category\nshop_ads,www.shop.example,Targeting\n_ga,.shop.example,Performance\n"
    )
    owner = known.cookie_owner("shop_ads", "shop.example", first_party=True)
    assert owner is not None and owner[0].category == "marketing"
    assert known.cookie_owner("shop_ads", "other.example", first_party=True) is None
    analytics = known.cookie_owner("_ga", "shop.example", first_party=True)
    assert analytics is not None and analytics[0].id.startswith("google"), "what ships stands"


def test_a_functional_cookie_of_an_export_is_functional(tmp_path: Path) -> None:
    _, known = took(
        tmp_path, "Cookie Name,Provider,Category\nnx_chat,Nexus,Functional\nnx_csrf,Nexus,Strictly Necessary\n"
    )
    assert [(c.name, c.category) for c in known.vendors["nexus"].cookies] == [
        ("nx_chat", None),
        ("nx_csrf", "necessary"),
    ]
    assert known.vendors["nexus"].category == "functional"


def test_other_storage_and_unclassified_rows_are_left_out(tmp_path: Path) -> None:
    text = (
        "Name,Provider,Category,Type\nnx_a,Nexus,Marketing,HTML Local Storage\nnx_b,Nexus,Marketing,Pixel Tracker\n"
        "nx_c,Nexus,Unclassified,HTTP Cookie\nnx_d_#,Nexus,Marketing,HTTP Cookie\n"
    )
    done, known = took(tmp_path, text)
    assert [cookie.prefix for cookie in known.vendors["nexus"].cookies] == ["nx_d_"]
    assert sum(done.left_out.values()) == 3


# --- Google's providers


def test_a_providers_id_goes_to_who_has_its_name_or_its_hosts(tmp_path: Path) -> None:
    text = (
        '"provider_id","provider_name","policy_url","domains"\n'
        '89,"Facebook","https://x.example","facebook.com connect.facebook.net graph.facebook.com"\n'
        '2222,"Hotjar","https://x.example","other.example"\n'
        '39,"Digilant","https://x.example","wtp101.example"\n'
        'x,"Nobody","https://x.example",""\n'
        '1126,"Microsoft Ads","https://x.example","bat.bing.com"\n'
    )
    done, known = took(tmp_path, text)
    assert done.kind is Kind.GOOGLE
    assert known.vendors["meta-pixel"].google_provider_id == 89
    assert known.vendors["hotjar"].google_provider_id == 2222
    assert done.new_vendors == 0, "the list names no category"
    assert {vendor.id for vendor in known.google_vendors} >= {"meta-pixel", "hotjar"}
    assert "without an id" in done.left_out


def test_a_host_that_two_providers_have_decides_nothing(tmp_path: Path) -> None:
    text = "provider_id,provider_name,policy_url,domains\n1,A,u,hotjar.com hotjar.io\n2,B,u,hotjar.com\n"
    _, known = took(tmp_path, text)
    assert known.vendors["hotjar"].google_provider_id is None


# --- IAB's list


def vendor_list(*vendors: dict[str, Any], **more: Any) -> str:
    return json.dumps({"vendorListVersion": 1, "vendors": {str(at): each for at, each in enumerate(vendors)}, **more})


def test_iabs_vendors_get_ids_and_the_category_of_their_purposes(tmp_path: Path) -> None:
    text = vendor_list(
        {"id": 61011, "name": "Quant Ads", "purposes": [1, 8], "legIntPurposes": [2], "urls": [{"langId": "en", "privacy": "https://q.example"}]},
        {"id": 61012, "name": "Count It", "purposes": [1, 8, 9], "policyUrl": "https://c.example"},
        {"id": 61013, "name": "Hotjar", "purposes": [8]},
        {"id": 91, "name": "Criteo SA", "purposes": [2]},
        {"id": 61014, "name": "Only Storage", "purposes": [1]},
        {"id": 61015, "name": "Gone", "purposes": [2], "deletedDate": "2024-01-01"},
        {"id": "x", "name": "No Id", "purposes": [2]},
        {"id": 61016, "name": "株式会社", "purposes": [2]},
    )  # fmt: skip
    done, known = took(tmp_path, text, "vendor-list.json")
    assert done.kind is Kind.IAB
    assert known.vendors["quant-ads"].category == "marketing"
    assert known.vendors["quant-ads"].website == "https://q.example"
    assert known.vendors["count-it"].category == "analytics"
    assert known.vendors["hotjar"].tcf_vendor_id == 61013
    assert known.vendors["tcf-61016"].name == "株式会社"
    assert {61011, 61012, 61013, 61016} <= known.iab_vendors.keys()
    assert done.left_out == {
        "known already": 1,
        "declares no purpose that maps to a category": 1,
        "deleted from the list": 1,
        "without an id or a name": 1,
    }


def test_cookies_find_the_vendor_that_another_list_brought(tmp_path: Path) -> None:
    took(tmp_path, vendor_list({"id": 61011, "name": "Quant Ads", "purposes": [2]}), "vendor-list.json")
    _, known = took(tmp_path, DATABASE + "1,Quant Ads,Marketing,qa_vid,,d,1y,Q,,0\n")
    entry = known.vendors["quant-ads"]
    assert (entry.tcf_vendor_id, [cookie.name for cookie in entry.cookies]) == (61011, ["qa_vid"])
    assert len(entry.sources) == 2


# --- files of one's own, and bad input


def test_a_file_with_comments_is_left_as_it_is(tmp_path: Path) -> None:
    took(tmp_path, DATABASE + "1,Nexus,Marketing,nx_vid,,d,1y,N,,0\n")
    file = tmp_path / "mine" / "vendors" / "nexus.toml"
    file.write_text("# mine\n" + file.read_text())
    before = file.read_text()
    done, _ = took(tmp_path, DATABASE + "1,Nexus,Marketing,nx_more,,d,1y,N,,0\n")
    assert file.read_text() == before
    assert any("comments of yours" in reason for reason in done.left_out)


def test_a_broken_file_of_the_folder_is_told_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine" / "vendors").mkdir(parents=True)
    file = tmp_path / "mine" / "vendors" / "nexus.toml"
    file.write_text("id = [")
    done, _ = took(tmp_path, DATABASE + "1,Nexus,Marketing,nx_vid,,d,1y,N,,0\n")
    assert file.read_text() == "id = ["
    assert any("mend or remove that file" in reason for reason in done.left_out)
    assert len(done.unread) == 1


def test_foreign_text_is_bounded_and_cannot_break_the_file(tmp_path: Path) -> None:
    rows = (
        '1,"Nexus ""\n[[x]]",Marketing,nx_vid,,"a ""\x1b[31m\n\nid = 5 ' + "x" * 5000 + '",1y,N,,0\n'
        "2,../../../etc/passwd,Marketing,nx_pw,,d,1y,N,,0\n"
    )
    done, known = took(tmp_path, DATABASE + rows)
    assert done.unread == ()
    (cookie,) = next(v for v in known.vendors.values() if v.name.startswith("Nexus")).cookies
    assert len(cookie.purpose) <= 300
    assert "\x1b" not in cookie.purpose
    assert {file.parent for file in (tmp_path / "mine").rglob("*.toml")} == {tmp_path / "mine" / "vendors"}
    assert "etc-passwd" in known.vendors


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", None, "no list that is known"),
        ("hello\n", None, "no list that is known"),
        ("name,colour\na,b\n", None, "at least 'cookie name' and 'category'"),
        ("{", None, "not JSON"),
        ("[" * 100_000, None, "no list that is known"),
        ('{"a":' * 100_000, None, "not JSON"),
        ("{}", None, "without 'vendors'"),
        ('{"vendors": [], "vendorListVersion": 1}', None, "without 'vendors'"),
        (b"name,category\n\xff\xfe\xff", None, "not utf-8 text (byte 14)"),
        ("name,category\na,b\n", Kind.IAB, "is no JSON"),
        ("{}", Kind.EXPORT, "is JSON"),
        ("name,category\na,b\n", Kind.GOOGLE, "no column 'provider id'"),
        ('name,category\n"' + "a" * 200_000 + '",b\n', None, "not a table"),
    ],
)
def test_what_cannot_be_imported_says_why(tmp_path: Path, text: str | bytes, kind: Kind | None, reason: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ImportRefused) as refused:
        import_list(file, tmp_path / "mine", shipped_catalogue(), kind)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(str(file))
    assert not (tmp_path / "mine").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a file")
    (tmp_path / "list.csv").write_text(DATABASE)
    with pytest.raises(ImportRefused, match="cannot be made"):
        import_list(tmp_path / "list.csv", tmp_path / "mine", shipped_catalogue())


def test_progress_is_told(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        DATABASE + "1,Nexus,Marketing,nx_vid,,d,1y,N,,0\n2,Rival,Marketing,rv_id_,,d,1y,N,,0\n"
    )
    steps: list[tuple[int, int]] = []
    import_list(
        tmp_path / "list.csv", tmp_path / "mine", shipped_catalogue(), None, lambda done, of: steps.append((done, of))
    )
    assert steps == [(1, 2), (2, 2)]
