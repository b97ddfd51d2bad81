"""Installs the newest libraries, and lists what they know and we do not."""

import sys
import tempfile
from itertools import groupby
from pathlib import Path

from .drift import compared, readings
from .npm import NotInstalled, installed


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        try:
            folders = installed(readings(), Path(name))
        except NotInstalled as error:
            sys.exit(str(error))
        found = compared(folders)
    for version in found.versions:
        print(version)
    for (package, kind), listed in groupby(found.unknown, lambda one: (one.package, one.kind)):
        print(f"\n{package}: {kind.value}")
        for one in listed:
            print(f"  {one.name}" + (f"  ({one.detail})" if one.detail else ""))
    for name in found.known_by_now:
        print(f"no longer to be left in reviewed.toml: {name}")
    print("\nNothing is new." if not found.unknown else f"\n{len(found.unknown)} are new.")


if __name__ == "__main__":
    main()
