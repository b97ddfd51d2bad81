"""The command ``consentwire``; what its commands do is in ``addon.commands``.

Exit codes: 0 nothing at or above the level asked for, 1 something is, 2 bad input or usage.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from addon import __version__
from addon.commands import capturing, judging, knowledge
from addon.commands.doctor import doctor

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
_INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 1 would say that something was found."""


@click.group(context_settings=_CONTEXT)
@click.version_option(__version__, prog_name="consentwire")
def main() -> None:
    """Which Segment and destination calls had no matching consent, and how we know.

    \b
    First look:     consentwire demo
    Browse a site:  consentwire run --browser chromium
    Recorded file:  consentwire analyze session.har --db session.db
    In CI:          consentwire check session.har --fail-on error
    """


for _command in (
    judging.demo,
    capturing.run,
    capturing.mark,
    judging.analyze,
    judging.check,
    judging.serve,
    knowledge.decode,
    knowledge.catalog,
    knowledge.rules,
    knowledge.addon_path,
    doctor,
):
    main.add_command(_command)


def run_main() -> NoReturn:
    """Entry point: click's own, but for the exit code after Ctrl-C."""
    try:
        sys.exit(main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    run_main()
