"""Analysis of a flow file, against a bare loop over mitmproxy's own reader, in one run.

python -m benchmarks.analysis [--exchanges 20000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from itertools import islice
from pathlib import Path

from mitmproxy import http
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.test import tflow

from addon.policy import Policy
from addon.runner import Analysis, analyse_files, open_captures, opened
from benchmarks.traffic import Request, answer_to, browsing


def write_flows(path: Path, exchanges: int) -> None:
    """A flow file of browsing, with bodies as pages have them (8 KB of a page and its pictures)."""
    with path.open("wb") as file:
        writer = FlowWriter(file)
        for number, request in enumerate(islice(browsing(), exchanges)):
            writer.add(_flow(request, 1_790_000_000 + number * 0.05))


def _flow(request: Request, at: float) -> http.HTTPFlow:
    flow = tflow.tflow(resp=True)
    fields = [(b"host", request.host.encode())] + [(name.encode(), value.encode()) for name, value in request.headers]
    flow.request = http.Request(
        request.host, 443, request.method.encode(), b"https", b"", request.path.encode(), b"HTTP/1.1",
        http.Headers(fields), request.body, None, at, at + 0.01,
    )  # fmt: skip
    match dict(request.headers)["Sec-Fetch-Dest"]:
        case "document":
            kind, body = "text/html", b"x" * 8192
        case "image":
            kind, body = "image/webp", b"x" * 8192
        case _:
            kind, body = answer_to(request.path)
    flow.response = http.Response.make(200, body, {"content-type": kind})
    flow.response.timestamp_start, flow.response.timestamp_end = at + 0.02, at + 0.03
    return flow


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "browsing.mitm"
        write_flows(path, options.exchanges)
        ratios = []
        for number in range(options.rounds):
            started = time.perf_counter()
            with path.open("rb") as file:
                read = sum(1 for _ in FlowReader(file).stream())
            reading = time.perf_counter() - started
            started = time.perf_counter()
            with opened(Path(folder) / f"{number}.db") as database:
                (result,) = analyse_files(open_captures([path]), database, Policy())
            analysing = time.perf_counter() - started
            assert isinstance(result, Analysis)
            assert result.exchanges == read
            ratios.append(reading / analysing)
            print(
                f"bare reader {read / reading:6.0f} flows/s   analysis {read / analysing:6.0f} flows/s   ratio {ratios[-1]:.2f}"
            )
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
