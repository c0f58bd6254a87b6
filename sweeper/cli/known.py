"""``sweeper known``: the list of what the user already knows; nothing gets onto it but by these commands."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sweeper import cli
from sweeper.cli.options import Frequency
from sweeper.cli.words import _
from sweeper.errors import InputError
from sweeper.known import Book, Known, Mark, confidence_of, entry_of, load, save
from sweeper.protocols.ble.address import normalise, raw
from sweeper.records import Device, Emission, Medium, Place
from sweeper.text import safe_text, say

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)
MARKS = [mark.value for mark in Mark]
MEDIA = [Medium.BLE.value, Medium.WIFI.value, Medium.LAN.value]
NONE = "none"


def known_option(function: F) -> F:
    """``--known FILE``: the list to recognise devices by."""
    return click.option(
        "--known",
        "known_file",
        metavar="FILE",
        help=_("The list of known devices ('none': none); live sweeps use your own by default."),
    )(function)


def book_for(known_file: str | None, *, live: bool) -> Book | None:
    """The list that was asked for; a replay uses none unless told, so that it gives the same everywhere."""
    if known_file == NONE:
        return None
    if known_file is not None:
        return load(Path(known_file))
    return load() if live else None


def _file_option(function: F) -> F:
    return click.option("--file", "path", type=FILE, metavar="FILE", help=_("Another list than your own."))(
        function
    )


@click.group(help=_("What you already know: your own tags, a neighbour's, a baby monitor."))
def known() -> None:
    """A group."""


@known.command("list", help=_("Show the list."))
@_file_option
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def list_(path: Path | None, json_out: str | None) -> int:
    """The entries in the order in which they were added."""
    book = load(path)
    if json_out is not None:
        click.echo(msgspec.json.encode(book.entries).decode())
        return cli.OK
    if not book.entries:
        click.echo(_("The list is empty."))
        return cli.OK
    table = Table(box=None, pad_edge=False)
    for heading in (_("No."), _("name"), _("mark"), _("what"), _("place"), _("recognised by")):
        table.add_column(heading)
    for entry in book.entries:
        row = (entry.id, entry.alias, entry.mark.value, _what(entry), _place(entry.place), _by(entry))
        table.add_row(*(escape(safe_text(text)) for text in row))
    Console(highlight=False).print(table)
    return cli.OK


@known.command(
    help=_("Add one entry: by address, from a results document, a frequency, or a kind at a place.")
)
@click.argument("alias")
@click.option("--mark", type=click.Choice(MARKS), default=Mark.OWN.value, show_default=True)
@click.option("--address", "addresses", multiple=True, metavar="AA:BB:CC:DD:EE:FF")
@click.option("--medium", type=click.Choice(MEDIA), default=Medium.BLE.value, show_default=True)
@click.option("--kind", default="", help=_("Its kind, as results documents name it."))
@click.option("--from", "document", type=FILE, metavar="FILE", help=_("A results document (--json)."))
@click.option("--subject", metavar="ID", help=_("The device or emission in it, as ble-0003."))
@click.option("--frequency", type=Frequency(), help=_("Its frequency, as 433.92M."))
@click.option("--width", type=Frequency(), help=_("Its bandwidth, as 12.5k."))
@click.option("--place", default="", help=_("Where it belongs; elsewhere it will be raised."))
@click.option("--position", metavar="LAT,LON", help=_("The same in degrees."))
@click.option("--note", default="")
@_file_option
def add(alias: str, path: Path | None, place: str, position: str | None, note: str, **what: Any) -> int:
    """Refuses an entry that would recognise nothing. A list that is not there yet begins empty."""
    book = Book() if path is not None and not path.exists() else load(path)
    where = _where(place, position)
    entry = _entry(book.next_id(), alias, where, what)
    entry = msgspec.structs.replace(entry, added_utc_s=round(time.time(), 1), note=note)
    if not entry.keys and entry.center_hz is None and not (entry.kind and where is not None):
        raise click.UsageError(
            _("say what it is: --address, --from with --subject, --frequency, or --kind with --place")
        )
    target = save(book.with_entry(entry), path)
    click.echo(_("{id} was added to {path}.").format(id=entry.id, path=safe_text(str(target))))
    if entry.keys and max(confidence_of(key) for key in entry.keys) <= confidence_of("address="):
        click.echo(_("It is known by its address alone; many devices change theirs."))
    return cli.OK


@known.command(help=_("Take one entry off the list, by its number or name."))
@click.argument("name", metavar="ID|NAME")
@_file_option
def remove(name: str, path: Path | None) -> int:
    """Exit code 2 if there is none of that name."""
    book = load(path)
    rest = book.without(name)
    if len(rest.entries) == len(book.entries):
        raise click.UsageError(_("no entry is called {name!r}").format(name=name))
    save(rest, path)
    click.echo(_("Removed: {name}").format(name=safe_text(name)))
    return cli.OK


def _entry(id: str, alias: str, place: Place | None, what: dict[str, Any]) -> Known:
    mark = Mark(what["mark"])
    if what["document"] is not None or what["subject"] is not None:
        subject = _subject(what["document"], what["subject"])
        return entry_of(subject, id=id, mark=mark, alias=alias, place=place)
    if what["frequency"] is not None:
        return Known(
            id=id,
            medium=Medium.RF,
            mark=mark,
            alias=alias,
            kind=what["kind"],
            place=place,
            center_hz=what["frequency"],
            width_hz=what["width"],
        )
    for address in what["addresses"]:
        if raw(address) is None:
            raise click.UsageError(_("{address!r} is no address").format(address=address))
    return Known(
        id=id,
        medium=Medium(what["medium"]),
        mark=mark,
        alias=alias,
        kind=what["kind"],
        place=place,
        keys=tuple(f"address={normalise(address)}" for address in what["addresses"]),
    )


def _subject(document: Path | None, subject: str | None) -> Device | Emission:
    """One device or emission of a results document."""
    if document is None or subject is None:
        raise click.UsageError(_("--from and --subject belong together"))
    try:
        found = json.loads(document.read_bytes())
        for row in found["devices"]:
            if row["id"] == subject:
                return msgspec.convert({"time_s": 0.0, **row}, Device)
        for row in found["emissions"]:
            if row["id"] == subject:
                return msgspec.convert({"time_s": 0.0, **row}, Emission)
    except OSError as error:
        raise InputError(str(document), say("cannot be read: {error}", error=error.strerror)) from None
    except (ValueError, KeyError, TypeError, RecursionError, msgspec.ValidationError) as error:
        raise InputError(str(document), say("no results document: {error}", error=error)) from None
    raise click.UsageError(_("{id} is not in the document").format(id=safe_text(subject)))


def _where(name: str, position: str | None) -> Place | None:
    if position is None:
        return Place(name=name) if name else None
    try:
        lat, lon = (float(part) for part in position.split(","))
    except ValueError:
        lat = lon = 999.0
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise click.UsageError(
            _("{position!r} is no position; write 43.238,76.945").format(position=position)
        )
    return Place(lat, lon, name)


def _what(entry: Known) -> str:
    if entry.center_hz is not None:
        return f"{entry.center_hz / 1e6:.4f} MHz {entry.kind}".strip()
    return f"{entry.medium.value} {entry.kind}".strip()


def _place(place: Place | None) -> str:
    if place is None:
        return _("anywhere")
    degrees = "" if place.lat is None or place.lon is None else f"{place.lat:.5f},{place.lon:.5f}"
    return " ".join(part for part in (place.name, degrees) if part)


def _by(entry: Known) -> str:
    if entry.center_hz is not None:
        return _("frequency and width")
    names = [key.partition("=")[0] for key in entry.keys]
    return ", ".join(dict.fromkeys(names)) or _("kind and place")
