"""``sweeper identify ble HEX``: what one advertisement says about its sender."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from sweeper import cli
from sweeper.cli.options import load_library, signatures_option, warn
from sweeper.cli.words import _
from sweeper.signatures import Library
from sweeper.text import say


@click.group(help=_("Name one thing that was heard."))
def identify() -> None:
    """A group, so that other radios find their place beside Bluetooth."""


@identify.command(
    help=_("Identify an advertisement given as hex; with - read one a line: HEX[,address type].")
)
@click.argument("hex_text", metavar="HEX")
@click.option("--address", metavar="AA:BB:CC:DD:EE:FF", help=_("The sender's address."))
@click.option("--address-type", type=click.Choice(["random", "public"]), help=_("Its type."))
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
@signatures_option
def ble(
    hex_text: str,
    address: str | None,
    address_type: str | None,
    json_out: str | None,
    folders: tuple[Path, ...],
) -> int:
    """Print the identity; exit code 2 if a line is no hex."""
    library = load_library(folders)
    if hex_text != "-":
        return _one(library, hex_text, address, address_type, json_out is not None, 0)
    code = cli.OK
    for number, (text, kind) in enumerate(_lines(), start=1):
        code = max(code, _one(library, text, address, kind or address_type, True, number))
    return code


def _lines() -> Iterator[tuple[str, str | None]]:
    for raw in sys.stdin:
        text, _comma, kind = raw.strip().partition(",")
        if text:
            yield text, kind.strip() or None


def _one(
    library: Library, text: str, address: str | None, address_type: str | None, as_json: bool, line: int
) -> int:
    from sweeper.detectors.ble_inventory import identify as identify_advert

    try:
        data = bytes.fromhex(text)
    except ValueError:
        if as_json and line:
            click.echo(json.dumps({"kind": "malformed", "problem": f"line {line}: not hexadecimal"}))
        words = say("not hexadecimal: {given!r}", given=text[:40])
        warn(say("line {line}: {problem}", line=line, problem=words) if line else words)
        return cli.UNREADABLE
    identity = identify_advert(library, data, address=address, address_type=address_type)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(identity), ensure_ascii=False))
    else:
        for key, value in msgspec.to_builtins(identity).items():
            click.echo(f"{key:10} {value if value is not None else '-'}")
    return cli.OK
