"""``sweeper signatures import`` and ``export``: other programs' formats, in and out."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from sweeper import cli
from sweeper.bundles.install import home
from sweeper.cli.options import load_library, signatures_option, warn
from sweeper.cli.output import put
from sweeper.cli.words import _, spoken
from sweeper.errors import InputError
from sweeper.exchange import airhound, lists
from sweeper.exchange.rules import Rule, signatures_of
from sweeper.signature_writing import put as write_signature
from sweeper.signatures import Library
from sweeper.text import say

MOST_BYTES = 64 << 20
HEAD = "Imported from another program's list. Local and unsigned."
FORMATS = ("airhound", "kismet", "csv")


@click.command(
    "import",
    help=_(
        "Make signatures of your own from another program's: AirHound JSON, Kismet's manufacturer and alert "
        "lists, tables (CSV). What cannot be said here is named and left out."
    ),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "format_", type=click.Choice(FORMATS), help=_("By default told by the content."))
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help=_("Where to; by default your own.")
)
def import_(file: Path, format_: str | None, folder: Path | None) -> int:
    """Read, translate, write each through the loader."""
    data = _content(file)
    rules, left_out = _rules(data, str(file), format_)
    taken = signatures_of(rules, dt.datetime.now(dt.UTC).date())
    target = folder or home() / "local"
    for signature in taken.signatures:
        write_signature(signature, target, HEAD)
    for line in (*left_out, *taken.left_out):
        warn(line)
    count = len(taken.signatures)
    done = spoken().ngettext("{n} signature written to {path}.", "{n} signatures written to {path}.", count)
    click.echo(done.format(n=count, path=target))
    return cli.OK if count else cli.UNREADABLE


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(str(file), error.strerror or _("cannot be read")) from None
    if len(data) > MOST_BYTES:
        raise InputError(str(file), _("larger than it can be"), MOST_BYTES)
    return data


def _rules(data: bytes, path: str, format_: str | None) -> tuple[list[Rule], list[str]]:
    chosen = format_ or _told(data)
    if chosen == "airhound":
        return airhound.read(data, path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(path, _("UTF-8 expected"), error.start) from None
    return lists.table(text, path) if chosen == "csv" else lists.kismet(text, path)


def _told(data: bytes) -> str:
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return "airhound"
    first = start.split(b"\n", 1)[0]
    return "csv" if b"," in first and b"what" in first and b"value" in first else "kismet"


@click.command(
    help=_(
        "Write the signatures for other programs: AirHound JSON, Kismet's manufacturer list, a table (CSV), "
        "STIX 2.1. With --findings, STIX tells of the findings of results documents instead, other people's "
        "addresses and names replaced."
    )
)
@click.argument("file", metavar="FILE")
@click.option("--format", "format_", type=click.Choice((*FORMATS, "stix")), required=True)
@click.option(
    "--findings",
    "documents",
    multiple=True,
    metavar="RESULTS",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("A results document (--json) of a replay, a sweep or a job's report; repeatable."),
)
@click.option("--own", is_flag=True, help=_("Also the private ones that you made yourself."))
@signatures_option
def export(file: str, format_: str, documents: tuple[Path, ...], own: bool, folders: tuple[Path, ...]) -> int:
    """Write FILE (- for standard output); what the format cannot say is named."""
    if documents and format_ != "stix":
        raise click.UsageError(_("--findings goes with --format stix"))
    whole = load_library(folders)
    library = whole if own else whole.public()
    text, left_out = _written(library, format_, [_results(path) for path in documents])
    put(text, file)
    reasons: dict[str, list[str]] = {}
    for line in left_out:
        name, _colon, reason = line.partition(": ")
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        warn(_("left out, {reason}: {names}").format(reason=reason, names=", ".join(names)))
    return cli.OK


def _written(library: Library, format_: str, results: Sequence[Any]) -> tuple[str, list[str]]:
    if format_ == "airhound":
        return airhound.write(library)
    if format_ == "kismet":
        return lists.write_kismet(library)
    if format_ == "csv":
        return lists.write_table(library)
    from sweeper.exchange import stix

    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return stix.bundle(library, now, secrets.token_bytes(32), results)


class _Row(msgspec.Struct):
    """The least that a results document has."""

    findings: list[dict[str, Any]]
    devices: list[dict[str, Any]] = []
    emissions: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []


def _results(path: Path) -> dict[str, Any]:
    try:
        return msgspec.structs.asdict(msgspec.json.decode(_content(path), type=_Row))
    except (ValueError, RecursionError) as error:
        raise InputError(
            str(path), say("{value}: {error}", value=_("not a results document"), error=error)
        ) from None
