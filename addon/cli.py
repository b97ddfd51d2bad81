"""The command ``consentwire``; what its commands do is in ``addon.commands``.

Exit codes are in ``addon.commands.exit_codes``.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from addon import __version__
from addon.commands import commands
from addon.commands.exit_codes import ExitCode

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 120}


class _InOrder(click.Group):
    """A group whose help has the commands in the order in which they were added; click sorts them by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="consentwire")
def main() -> None:
    """Which Segment and destination calls had no matching consent, and how we know.

    \b
    First look:     consentwire demo
    Browse a site:  consentwire run --browser chromium
    Recorded file:  consentwire analyze session.har --db session.db
    In CI:          consentwire check session.har --fail-on error
    """


for _command in commands():
    main.add_command(_command)


def run_main() -> NoReturn:
    """Entry point: click's own, but for the exit code after Ctrl-C."""
    try:
        sys.exit(main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(ExitCode.INTERRUPTED)


if __name__ == "__main__":
    run_main()
