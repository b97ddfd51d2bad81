"""Memory of mitmdump with the addon, and of the process that analyses, over many exchanges: flat, or growing?

python -m benchmarks.memory [--exchanges 50000]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from benchmarks.live import Proxy, load, upstream_server
from benchmarks.traffic import browsing

_STEPS = 10


async def measure(exchanges: int, *, addon: bool) -> list[int]:
    """Resident KiB after each tenth of the exchanges."""
    server = await upstream_server()
    upstream = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        proxy = Proxy(upstream, Path(folder), addon=addon)
        try:
            await proxy.up()
            stream = browsing()
            sizes = []
            for _ in range(_STEPS):
                await load(proxy.port, stream, 8, total=exchanges // _STEPS)
                sizes.append(proxy.resident_kib())
            return sizes
        finally:
            proxy.stop()
            server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=50_000)
    options = parser.parse_args()
    for name, addon in (("bare", False), ("with consentwire", True)):
        sizes = asyncio.run(measure(options.exchanges, addon=addon))
        figures = " ".join(f"{size // 1024}" for size in sizes)
        print(
            f"{name:17} MiB after each tenth of {options.exchanges} exchanges: {figures}   last/second {sizes[-1] / sizes[1]:.2f}"
        )


if __name__ == "__main__":
    main()
