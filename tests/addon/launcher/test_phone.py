"""A phone beside the proxy: where it finds this machine, and what its owner is told."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from addon.cli import main
from addon.launcher import live_run, phone
from addon.launcher.live_run import Setup
from addon.launcher.phone import Address, guide, lan_addresses, ordered, page_address, qr, reachable
from addon.runner import Outcome

WIFI = Address("192.168.1.5", "en0")
CODE = "ABCD2345"


def printed(addresses: list[Address], *, datasette: bool = True, tunnel: str | None = None) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(guide(addresses, 8080, CODE, datasette=datasette, tunnel=tunnel))
    shown: str = console.file.getvalue()  # type: ignore[attr-defined]
    return " ".join(shown.split())


# --- addresses


def test_addresses_of_networks_come_first_and_others_not_at_all() -> None:
    found = [
        Address("127.0.0.1", "lo"), Address("169.254.3.4", "en5"), Address("172.17.0.1", "docker0"), Address("8.8.4.4", "eth1"),
        Address("10.8.0.2", "utun3"), Address("10.0.0.3", "eth0"), WIFI, WIFI,
    ]  # fmt: skip
    addresses = [each.ip for each in ordered(found, ["192.168.1.5", "10.8.0.2"])]
    assert addresses == ["192.168.1.5", "10.0.0.3", "8.8.4.4", "10.8.0.2", "172.17.0.1"]


def test_looking_for_addresses_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("something would be sent, or a name looked up")

    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refused)
    for address in lan_addresses():
        assert not address.ip.startswith("127.")


# --- what is told


def test_the_steps_name_address_port_and_code() -> None:
    text = printed([WIFI, Address("10.0.0.3", "eth0")])
    for words in (
        "set the proxy by hand: 192.168.1.5, port 8080",
        "Other addresses of this machine: 10.0.0.3 (eth0)",
        "http://mitm.it",
        "Certificate Trust Settings",
        "network_security_config",
        "http://consentwire.internal/ there and enter ABCD-2345",
        "Datasette's pages stay on this machine",
        "take the certificate off",
    ):
        assert words in text, words
    assert "WireGuard" not in text
    assert "Datasette" not in printed([WIFI], datasette=False)
    assert "none was found" in printed([])


def test_the_code_of_the_page_is_never_sent() -> None:
    assert page_address(CODE) == "http://consentwire.internal/#ABCD2345"


def test_a_tunnel_is_told_with_the_address_that_the_device_reaches() -> None:
    configuration = "[Peer]\nAllowedIPs = 0.0.0.0/0\nEndpoint = None:51820"
    assert reachable(configuration, "192.168.1.5") == "[Peer]\nAllowedIPs = 0.0.0.0/0\nEndpoint = 192.168.1.5:51820"
    assert "add a tunnel by scanning this code" in printed([WIFI], tunnel=configuration)


def test_a_qr_code_is_square_and_has_its_margin() -> None:
    lines = qr("http://consentwire.internal/#ABCD2345").splitlines()
    assert {len(line) for line in lines} == {len(lines[0])}
    assert len(lines[0]) in (2 * len(lines), 2 * len(lines) - 1)
    assert set("".join(lines)) <= set("█▀▄ \N{NO-BREAK SPACE}")
    assert set(lines[0]) == {"█"}
    assert all(line.startswith("██") and line.endswith("██") for line in lines[:-1])


# --- where the proxy listens


def test_without_a_phone_the_proxy_listens_on_this_machine_alone() -> None:
    alone, open_to_others = Setup(8080, Path("a.db")).arguments, Setup(8080, Path("a.db"), phone=True).arguments
    assert alone[alone.index("--listen-host") + 1] == "127.0.0.1"
    assert "--listen-host" not in open_to_others


@pytest.mark.parametrize(
    ("modes", "expected"), [((), ["regular", "wireguard@51820"]), (("socks5",), ["socks5", "wireguard@51820"])]
)
def test_wireguard_stands_beside_the_other_modes(modes: tuple[str, ...], expected: list[str]) -> None:
    arguments = Setup(8080, Path("a.db"), phone=True, wireguard=True, modes=modes).arguments
    assert [arguments[place + 1] for place, each in enumerate(arguments) if each == "--mode"] == expected


def test_what_people_pass_to_mitmproxy_wins() -> None:
    assert Setup(8080, Path("a.db"), mitmproxy_arguments=("--listen-host", "::1")).arguments[-2:] == [
        "--listen-host",
        "::1",
    ]


def test_a_tunnel_without_listening_for_devices_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(live_run, "capture", lambda setup, console: Outcome(setup.database, ()))
    refused = CliRunner().invoke(main, ["run", "--mode", "wireguard"])
    assert (refused.exit_code, "without --phone" in refused.stderr) == (2, True)
    assert CliRunner().invoke(main, ["run", "--mode", "wireguard", "--phone"]).exit_code == 0


@pytest.mark.parametrize(
    ("options", "listens", "tunnel"),
    [((), False, False), (("--phone",), True, False), (("--wireguard",), True, True)],
)
def test_the_options_of_the_command_reach_the_capture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], listens: bool, tunnel: bool
) -> None:
    setups: list[Setup] = []
    monkeypatch.chdir(tmp_path)

    def ended(setup: Setup, console: Console) -> Outcome:
        setups.append(setup)
        return Outcome(setup.database, ())

    monkeypatch.setattr(live_run, "capture", ended)
    assert CliRunner().invoke(main, ["run", "--no-datasette", *options]).exit_code == 0
    assert (setups[0].phone, setups[0].wireguard) == (listens, tunnel)
    assert phone.WIREGUARD_PORT == 51820
