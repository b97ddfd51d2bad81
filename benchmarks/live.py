"""Requests per second through mitmdump with the addon, against bare mitmdump, side by side in one run.

    python -m benchmarks.live [--seconds 4] [--rounds 5] [--connections 8]

Both proxies run at the same time in reverse mode before the same local server, with TLS on both sides as sites have it and
connections that are kept; rounds alternate between them, and the median of the rounds' ratios counts.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import trustme

from benchmarks.traffic import Request, answer_to, browsing, segment_only

_LIVE = Path(__file__).parents[1] / "addon" / "live" / "__init__.py"


class _Upstream(asyncio.Protocol):
    """Answers every request with about one KB."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._pending = b""

    def data_received(self, data: bytes) -> None:
        self._pending += data
        while (end := self._pending.find(b"\r\n\r\n")) != -1:
            head = self._pending[:end].lower()
            at = head.find(b"content-length:")
            length = 0 if at == -1 else int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self._pending) < end + 4 + length:
                return
            self._pending = self._pending[end + 4 + length :]
            self._transport.write(_answer(head.split(b" ", 2)[1].decode()))  # type: ignore[attr-defined]


def _answer(path: str) -> bytes:
    kind, body = answer_to(path)
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Proxy:
    """mitmdump before a local server, with the addon or bare."""

    def __init__(self, upstream: int, folder: Path, *, addon: bool) -> None:
        self.port = free_port()
        self.database = folder / "bench.db"
        command = [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()", "-q"]
        command += ["--mode", f"reverse:https://127.0.0.1:{upstream}@127.0.0.1:{self.port}"]
        options = ("keep_host_header=true", "ssl_insecure=true", "flow_detail=0", f"confdir={folder / 'conf'}")
        command += [part for option in options for part in ("--set", option)]
        if addon:
            command += ["-s", str(_LIVE), "--set", f"consentwire_db={self.database}"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    async def up(self) -> None:
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        raise RuntimeError("the proxy did not start")

    def resident_kib(self) -> int:
        """Of the proxy and of the processes that it started: the analysis has one of its own."""
        return sum(map(_resident_kib, _with_children(self.process.pid)))

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=300)


def _with_children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(each for child in listed for each in _with_children(int(child)))]


def _resident_kib(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.lower().find(b"content-length:")
    await reader.readexactly(int(head[at + 15 :].split(b"\r\n", 1)[0]))


async def load(
    port: int, requests: Iterator[Request], connections: int, *, seconds: float = 0, total: int = 0
) -> float:
    """Sends requests over so many kept connections, for a time or up to a number; requests per second."""
    sent = 0
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    started = time.perf_counter()

    async def worker() -> None:
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
        while (total and sent < total) or (seconds and time.perf_counter() - started < seconds):
            sent += 1
            writer.write(next(requests).encoded())
            await _answered(reader)
        writer.close()

    await asyncio.gather(*(worker() for _ in range(connections)))
    return sent / (time.perf_counter() - started)


async def upstream_server() -> asyncio.Server:
    """The local server that every host name leads to."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    return await asyncio.get_running_loop().create_server(_Upstream, "127.0.0.1", 0, ssl=context)


async def compare(
    traffic: Callable[[], Iterator[Request]], seconds: float, rounds: int, connections: int
) -> list[tuple[float, float]]:
    """Requests per second bare and with the addon, a pair a round."""
    server = await upstream_server()
    upstream = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as bare_folder, tempfile.TemporaryDirectory() as addon_folder:
        bare = Proxy(upstream, Path(bare_folder), addon=False)
        ours = Proxy(upstream, Path(addon_folder), addon=True)
        try:
            await bare.up()
            await ours.up()
            streams = traffic(), traffic()
            await load(bare.port, streams[0], connections, seconds=1)
            await load(ours.port, streams[1], connections, seconds=1)
            pairs = []
            for _ in range(rounds):
                without = await load(bare.port, streams[0], connections, seconds=seconds)
                with_addon = await load(ours.port, streams[1], connections, seconds=seconds)
                pairs.append((without, with_addon))
            return pairs
        finally:
            bare.stop()
            ours.stop()
            server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    for name, traffic in (("browsing", browsing), ("batches of 20 only", segment_only)):
        pairs = asyncio.run(compare(traffic, options.seconds, options.rounds, options.connections))
        ratio = statistics.median(ours / bare for bare, ours in pairs)
        bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name:20} bare {bare:6.0f} req/s   with consentwire {ours:6.0f} req/s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
