"""What it costs to say whom a request goes to: a catalogue of 250 vendors against one of 5,000, in one run.

python -m benchmarks.catalogue [--few 250] [--many 5000] [--rounds 15]

Both are made of the entries that ship, again and again under other hosts. The same addresses are asked of both, alternately: every
example of the vendors that both hold, and as many of a shop's own pages, which are nobody's. The median of the rounds' ratios counts.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from itertools import count, islice

from benchmarks.traffic import browsing
from vendor_catalog import Catalogue, Endpoint, Vendor, shipped_catalogue
from vendor_catalog.lint import example

type Address = tuple[str, str, str, str]


def _renamed(vendor: Vendor, number: int) -> Vendor:
    """The vendor under hosts of its own. What is found on any host is looked up by a part of the path, which gets a number too."""
    endpoints = [_moved(endpoint, f".copy{number}.example") for endpoint in vendor.endpoints]
    changes = {"id": f"{vendor.id}-{number}", "segment_keys": [], "cookies": [], "endpoints": endpoints}
    return vendor.model_copy(update=changes)


def _moved(endpoint: Endpoint, below: str) -> Endpoint:
    if endpoint.segment is not None:
        return endpoint.model_copy(update={"segment": endpoint.segment + below})
    return endpoint.model_copy(update={"host": endpoint.host + below})


def _vendors() -> Iterator[Vendor]:
    shipped = list(shipped_catalogue().vendors.values())
    random.Random(1).shuffle(shipped)
    yield from shipped
    for number in count(1):
        for vendor in shipped:
            yield _renamed(vendor, number)


def catalogue_of(size: int) -> Catalogue:
    return Catalogue({vendor.id: vendor for vendor in islice(_vendors(), size)}, {})


def addresses(known: Catalogue) -> list[Address]:
    """Every example of a catalogue, and as many addresses that are nobody's, mixed."""
    endpoints = (endpoint for vendor in known.vendors.values() for endpoint in vendor.endpoints)
    sample = [example(text) for endpoint in endpoints for text in (*endpoint.matches, *endpoint.rejects)]
    pages = (request for request in browsing() if request.host == "www.shop.example")
    sample += [(page.method, page.host, page.path, "") for page in islice(pages, len(sample))]
    random.Random(2).shuffle(sample)
    return sample


def _microseconds(known: Catalogue, sample: list[Address]) -> float:
    started = time.perf_counter()
    for method, host, path, query in sample:
        known.match(method, host, path, query)
    return (time.perf_counter() - started) / len(sample) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--few", type=int, default=250)
    parser.add_argument("--many", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    few, many = catalogue_of(options.few), catalogue_of(options.many)
    sample = addresses(few)
    for known in (few, many):
        _microseconds(known, sample)  # compiles the patterns
    ratios = []
    for number in range(options.rounds):
        order = (few, many) if number % 2 else (many, few)
        spent = {id(known): _microseconds(known, sample) for known in order}
        ratios.append(spent[id(many)] / spent[id(few)])
        print(
            f"{options.few} vendors {spent[id(few)]:5.2f} µs a request   "
            f"{options.many} vendors {spent[id(many)]:5.2f} µs a request   ratio {ratios[-1]:.2f}"
        )
    print(f"{len(sample)} addresses, median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
