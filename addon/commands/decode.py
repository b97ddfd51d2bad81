"""Decodes one string."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from .shared import BadInput, catalogue_of, catalogue_option, out


@click.command()
@click.argument("string")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@catalogue_option
def decode(string: str, as_json: bool, folders: Sequence[Path]) -> None:
    """Decode any one thing: a TC, GPP, US Privacy or AC string, a consent cookie (name=value), or a CDP's body.

    '-' reads it from stdin.

    \b
    consentwire decode CQgcD4AQgcD4AEsABBENCxFgAAAAAAAAAAYgAAAAAAAA.IF5wAgAtgLzA
    consentwire decode DBABLA~CEAVAAAAAABA.YA
    consentwire decode "CookieConsent={stamp:'x',necessary:true,preferences:false,statistics:false,marketing:false}"
    pbpaste | consentwire decode -
    """
    from addon import decoding

    text = sys.stdin.buffer.read().decode("utf-8", "replace") if string == "-" else string
    try:
        decoded = decoding.decode(text.strip(), catalogue_of(folders))
    except decoding.Undecodable as error:
        raise BadInput(str(error)) from error
    if as_json:
        click.echo(decoding.as_json(decoded))
    else:
        out.print(decoding.as_table(decoded))


COMMAND, PLACE = decode, 80
