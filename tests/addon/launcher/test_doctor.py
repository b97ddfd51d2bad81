"""What the doctor sees, of machines that are well and of those that are not."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from addon import MADE_AT
from addon.cli import main
from addon.launcher import doctor
from addon.launcher.doctor import Check, Status
from addon.launcher.phone import Address
from addon.observe.keys import Keys, RunFile

from ..readers.samples import open_folder, without_privileges

NOW = MADE_AT + timedelta(days=100)


def made(folder: Path, begin: datetime = MADE_AT, end: datetime | None = None) -> Path:
    """A folder with a certificate authority as mitmproxy lays it down."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mitmproxy")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin)
    certificate = builder.not_valid_after(end or begin + timedelta(days=3650)).sign(key, hashes.SHA256())
    public = certificate.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    folder.mkdir(exist_ok=True)
    (folder / "mitmproxy-ca.pem").write_bytes(private + public)
    (folder / "mitmproxy-ca.pem").chmod(0o600)
    (folder / "mitmproxy-ca-cert.pem").write_bytes(public)
    return folder


@pytest.fixture
def confdir(tmp_path: Path) -> Path:
    return made(tmp_path / "conf")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def states(checks: list[Check]) -> list[tuple[str, Status]]:
    return [(check.name, check.status) for check in checks]


def is_helpful(check: Check) -> bool:
    """Whether a check that is not well says what to do."""
    return check.status is Status.OK or bool(check.remedy and check.remedy.endswith((".", "pem")))


# --- the certificate authority


def test_an_authority_that_is_in_force_is_well(confdir: Path) -> None:
    checks = doctor.authority(confdir, NOW)
    assert states(checks) == [("certificate authority", Status.OK), ("private key", Status.OK)]
    assert str(confdir / "mitmproxy-ca-cert.pem") in checks[0].detail


def test_an_authority_that_is_not_there_yet_is_made_by_the_first_run(tmp_path: Path) -> None:
    (check,) = doctor.authority(tmp_path / "none", NOW)
    assert (check.status, is_helpful(check)) == (Status.WARNING, True)
    assert "the first 'consentwire run' makes it" in check.detail


@pytest.mark.parametrize(
    ("begin", "end", "status", "detail"),
    [
        (-400, -1, Status.FAILED, "expired on"),
        (-400, 20, Status.WARNING, "expires on"),
        (2, 400, Status.FAILED, "not valid before"),
    ],
)
def test_an_authority_out_of_its_time_is_said(
    tmp_path: Path, begin: int, end: int, status: Status, detail: str
) -> None:
    folder = made(tmp_path / "conf", NOW + timedelta(days=begin), NOW + timedelta(days=end))
    check = doctor.authority(folder, NOW)[0]
    assert (check.status, is_helpful(check)) == (status, True)
    assert detail in check.detail


@pytest.mark.parametrize("name", ["mitmproxy-ca.pem", "mitmproxy-ca-cert.pem"])
@pytest.mark.parametrize("content", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_authority_is_said(confdir: Path, name: str, content: bytes) -> None:
    (confdir / name).write_bytes(content)
    (check,) = doctor.authority(confdir, NOW)
    assert (check.status, is_helpful(check)) == (Status.FAILED, True)
    assert "damaged" in check.detail


def test_certificates_of_two_authorities_do_not_go_together(confdir: Path, tmp_path: Path) -> None:
    other = made(tmp_path / "other") / "mitmproxy-ca-cert.pem"
    (confdir / "mitmproxy-ca-cert.pem").write_bytes(other.read_bytes())
    check = doctor.authority(confdir, NOW)[0]
    assert check.status is Status.FAILED
    assert "do not belong together" in check.detail
    (confdir / "mitmproxy-ca-cert.pem").unlink()
    assert "mitmproxy-ca-cert.pem: cannot be read: No such file" in doctor.authority(confdir, NOW)[0].detail


def test_an_authority_that_may_not_be_read_is_said() -> None:
    with open_folder() as folder:
        made(folder)
        with without_privileges():
            (check,) = doctor.authority(folder, NOW)
    assert (check.status, "Permission denied" in check.detail) == (Status.FAILED, True)


@pytest.mark.skipif(os.name != "posix", reason="permissions are of another kind here")
@pytest.mark.parametrize(("mode", "status"), [(0o600, "ok"), (0o400, "ok"), (0o640, "warning"), (0o604, "warning")])
def test_a_private_key_that_others_can_use_is_said(confdir: Path, mode: int, status: str) -> None:
    path = confdir / "mitmproxy-ca.pem"
    path.chmod(mode)
    check = doctor.private_key(path)
    assert check.status == status
    assert check.remedy == (None if status == "ok" else f"chmod 600 {path}")


# --- the clock


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), Status.FAILED),
        (MADE_AT - timedelta(days=1), Status.FAILED),
        (MADE_AT + timedelta(days=5), Status.FAILED),
        (NOW, Status.OK),
    ],
)
def test_a_clock_before_what_is_known_to_be_past_is_wrong(tmp_path: Path, now: datetime, status: Status) -> None:
    folder = made(tmp_path / "conf", MADE_AT + timedelta(days=10))
    assert doctor.clock(now, folder).status is status


def test_the_clock_is_looked_at_without_an_authority(tmp_path: Path) -> None:
    assert doctor.clock(NOW, tmp_path).status is Status.OK
    assert "this version was made" in doctor.clock(datetime(2020, 1, 1, tzinfo=UTC), tmp_path).detail
    assert doctor.as_of_now() > MADE_AT


# --- ports and addresses


def test_a_free_port_is_well_and_a_taken_one_names_its_option(taken: int) -> None:
    assert doctor.port("proxy port", "127.0.0.1", free(), "--port").status is Status.OK
    check = doctor.port("proxy port", "127.0.0.1", taken, "--port")
    assert (check.status, check.remedy) == (Status.FAILED, "Choose another with --port.")
    assert f"port {taken} on 127.0.0.1 is taken" in check.detail


def test_a_port_that_a_run_has_is_told_as_such(taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    held = RunFile(taken, Keys())
    check = doctor.port("proxy port", "127.0.0.1", taken, "--port")
    assert check.detail.endswith("probably by a 'consentwire run' of yours")
    assert check.remedy == "End that one, or choose another with --port."
    held.close()


def test_the_udp_port_of_wireguard_is_looked_at() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        number = other.getsockname()[1]
        check = doctor.wireguard_port(number)
        assert (check.status, is_helpful(check)) == (Status.FAILED, True)
    assert doctor.wireguard_port(number).status is Status.OK


def test_a_phone_needs_an_address_to_reach() -> None:
    assert doctor.network([]).status is Status.FAILED
    assert doctor.network([Address("192.168.1.5", "en0")]).detail == "192.168.1.5 (en0)"


# --- what is installed


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_a_browser_without_a_display_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho Chromium 142.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    wanted = doctor.browser("chromium")
    assert wanted.status is Status.FAILED and "there is no display to open a browser on" in wanted.detail
    assert wanted.remedy is not None and "--browser none" in wanted.remedy
    assert doctor.browser(None).status is Status.WARNING


def test_a_browser_is_told_with_its_place_and_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho Chromium 142.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("addon.launcher.browser._PLACES", {"chromium": (), "chrome": ()})
    monkeypatch.setenv("DISPLAY", ":0")
    assert doctor.browser(None) == Check("browser", Status.OK, f"chromium: {program}, Chromium 142.0")
    assert doctor.browser("chromium").status is Status.OK
    missing = doctor.browser("chrome")
    assert (missing.status, missing.detail, is_helpful(missing)) == (Status.FAILED, "no chrome was found", True)
    program.write_text("#!/bin/sh\nexit 3\n")
    assert doctor.browser(None).status is Status.WARNING
    program.unlink()
    assert (doctor.browser(None).status, is_helpful(doctor.browser(None))) == (Status.WARNING, True)


def test_versions_are_held_against_the_bounds_of_this_package() -> None:
    assert {check.status for check in doctor.versions()} == {Status.OK}
    assert {"Python", "mitmproxy", "datasette"} <= {check.name for check in doctor.versions()}


def test_a_library_that_is_old_or_missing_is_said() -> None:
    def installed(name: str) -> str:
        if name == "segno":
            raise PackageNotFoundError(name)
        return "12.2.2"

    needs = ["mitmproxy>=12.2.3", "segno>=1.6", "click>=8.1", "pytest>=8; extra == 'test'"]
    checks = doctor.versions(lambda: needs, installed)
    assert states(checks)[1:] == [
        ("mitmproxy", Status.FAILED),
        ("segno", Status.FAILED),
        ("other libraries", Status.OK),
    ]
    assert checks[1].detail == "12.2.2 is installed, and >=12.2.3 is needed"
    assert checks[3].detail == "1 as needed"


def test_a_package_without_metadata_is_said() -> None:
    def missing() -> list[str]:
        raise PackageNotFoundError("consentwire")

    (check,) = doctor.versions(missing)
    assert (check.status, is_helpful(check)) == (Status.WARNING, True)


# --- where it writes


def test_a_database_that_can_be_written_is_well(tmp_path: Path) -> None:
    assert doctor.database(tmp_path / "a.db").status is Status.OK
    (tmp_path / "a.db").touch()
    assert doctor.database(tmp_path / "a.db").status is Status.OK
    assert [path.name for path in tmp_path.iterdir()] == ["a.db"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    assert "No such file" in doctor.database(tmp_path / "nowhere" / "a.db").detail
    assert doctor.database(tmp_path).status is Status.FAILED
    with open_folder() as folder:
        with without_privileges():
            assert "Permission denied" in doctor.database(folder / "a.db").detail
        (folder / "a.db").touch()
        (folder / "a.db").chmod(0o444)
        if os.geteuid():
            assert doctor.database(folder / "a.db").status is Status.FAILED


# --- the command


def doctor_output(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["doctor", *(str(argument) for argument in arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def test_the_command_says_that_all_is_well(confdir: Path, tmp_path: Path) -> None:
    code, output = doctor_output(
        "--confdir", confdir, "--port", free(), "--no-datasette", "--db", tmp_path / "a.db", "--json"
    )
    found = {check["name"]: check["status"] for check in json.loads(output)["checks"]}
    assert (code, found["proxy port"], found["certificate authority"]) == (0, "ok", "ok")
    assert "Datasette port" not in found
    assert "network" not in found


def test_the_command_ends_with_1_if_something_would_fail(confdir: Path, taken: int, tmp_path: Path) -> None:
    options = ("--confdir", confdir, "--datasette-port", taken, "--port", free(), "--db", tmp_path / "a.db")
    code, output = doctor_output(*options)
    assert code == 1
    assert f"failed   Datasette port: port {taken} on 127.0.0.1 is taken\n         → Choose another" in output
    assert "1 failed" in output.splitlines()[-1]
    code, output = doctor_output(*options, "--json")
    assert (code, json.loads(output)["failed"]) == (1, 1)


def test_a_warning_alone_does_not_fail(tmp_path: Path) -> None:
    options = ("--confdir", tmp_path / "none", "--datasette-port", free(), "--port", free(), "--db", tmp_path / "a.db")
    code, output = doctor_output(*options)
    assert code == 0
    assert output.splitlines()[-1].startswith("Ready to capture, with ")


def test_a_machine_with_loopback_alone_keeps_pages_offline(
    confdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback = [SimpleNamespace(is_IPv4=True, ip="127.0.0.1"), SimpleNamespace(is_IPv4=False, ip=("::1", 0, 0))]
    cable = SimpleNamespace(is_IPv4=False, ip=("fe80::1%eth0", 0, 2))
    options = ("--confdir", confdir, "--no-datasette", "--port", free(), "--db", tmp_path / "a.db", "--json")
    for addresses, expected in ((loopback, "warning"), ([*loopback, cable], "ok")):
        adapters = [SimpleNamespace(ips=addresses)]
        monkeypatch.setattr("addon.launcher.phone.ifaddr.get_adapters", lambda adapters=adapters: adapters)
        code, output = doctor_output(*options)
        checks = {check["name"]: check for check in json.loads(output)["checks"]}
        assert (code, checks["browser's network"]["status"]) == (0, expected)
        assert ("offline" in checks["browser's network"]["detail"]) == (expected == "warning")


def test_a_phone_has_its_network_looked_at(confdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "lan_addresses", lambda: [])
    options = ("--confdir", confdir, "--no-datasette", "--port", free(), "--db", tmp_path / "a.db", "--json")
    code, output = doctor_output(*options, "--wireguard")
    found = {check["name"]: check["status"] for check in json.loads(output)["checks"]}
    assert (code, found["network"]) == (1, "failed")
    assert "WireGuard port" in found
