"""``sweeper signatures``: the library, listed and checked."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from sweeper import __version__, cli
from sweeper.cli.options import load_library, signatures_option, warn
from sweeper.cli.show import written
from sweeper.cli.signature_exchange import export, import_
from sweeper.cli.signature_make import make
from sweeper.cli.signature_prove import check
from sweeper.cli.words import _, spoken
from sweeper.errors import InputError, SweeperError
from sweeper.proposing import in_words
from sweeper.signatures import SignatureStatus
from sweeper.text import safe_text, say


@click.group(help=_("List and check the signatures."))
def signatures() -> None:
    """A group."""


signatures.add_command(check)
signatures.add_command(make)
signatures.add_command(import_)
signatures.add_command(export)


@signatures.command("list", help=_("Every signature with its level and title."))
@signatures_option
def list_(folders: tuple[Path, ...]) -> int:
    """Print the table."""
    library = load_library(folders)
    table = Table(box=None, pad_edge=False)
    for heading in (_("radio"), "id", _("version"), _("status"), _("level"), _("origin"), _("title")):
        table.add_column(heading)
    for signature in library.signatures:
        table.add_row(
            signature.medium.value,
            signature.id,
            str(signature.version),
            signature.status.value,
            spoken().level(signature.level),
            _("local, unsigned") if signature.id in library.local else "",
            spoken().phrase(signature.title.phrase()),
        )
    Console().print(table)
    return cli.OK


@signatures.command(help=_("Everything about one signature, in words."))
@click.argument("id_", metavar="ID")
@signatures_option
def show(id_: str, folders: tuple[Path, ...]) -> int:
    """What it recognises and by what, what else that may be, what to do, where it is from."""
    library = load_library(folders)
    one = library.by_id.get(id_)
    if one is None:
        raise SweeperError(_("{id}: no such signature").format(id=id_))
    speak = spoken().phrase
    origin = _("local, unsigned") if id_ in library.local else one.origin
    level = spoken().level(one.level)
    click.echo(f"{one.id} {one.version}, {one.status.value}, {level}: {speak(one.title.phrase())}")
    click.echo(speak(one.description.phrase()))
    for heading, conditions in (
        (_("all of"), one.match.all),
        (_("any of"), one.match.any),
        (_("none of"), one.match.none),
    ):
        for condition in conditions:
            click.echo(f"  {heading}: {speak(in_words(condition))}")
    for heading, texts in ((_("It may also be"), one.benign), (_("What next"), one.next)):
        for words in texts:
            click.echo(f"  {heading}: {speak(words.phrase())}")
    needs = say(
        "{dwell_s:g} s on its channel, {sightings} sightings, {places} places",
        **msgspec.structs.asdict(one.needs),
    )
    click.echo(f"  {_('It needs')}: {spoken().phrase(needs)}")
    for heading, lines in ((_("From"), one.references), (_("Met in"), one.recorded), (_("File"), (origin,))):
        for line in lines:
            click.echo(f"  {heading}: {safe_text(line)}")
    return cli.OK


@signatures.command(help=_("What is in use: versions, hash, counts, keys, and the registries of makers."))
@signatures_option
def about(folders: tuple[Path, ...]) -> int:
    """A line each."""
    from sweeper.bundles.install import installed, trusted_keys
    from sweeper.vendors import bluetooth, ieee

    library = load_library(folders)
    bundle = installed()
    blocks = ieee.about()
    counts = Counter(signature.medium.value for signature in library.signatures)
    stable = sum(signature.status is SignatureStatus.STABLE for signature in library.signatures)
    rows = [
        (_("Signatures"), f"{library.version}, {len(library.signatures)}"),
        ("SHA-256", library.sha256),
        (_("By radio"), ", ".join(f"{medium} {count}" for medium, count in sorted(counts.items()))),
        (_("Stable"), str(stable)),
        (_("Trusted keys"), ", ".join(key.name for key in trusted_keys()) or "–"),
        (_("IEEE address blocks"), f"{blocks['blocks']}, {blocks['date']}, {blocks['about']}"),
        (_("Bluetooth numbers"), bluetooth.about()),
    ]
    if bundle is not None:
        created, expires = spoken().day(bundle.created), spoken().day(bundle.expires)
        rows.insert(1, (_("Bundle"), f"{bundle.version}, {created} – {expires}"))
    for label, value in rows:
        click.echo(f"{label}: {value}")
    return cli.OK


@signatures.command(help=_("Make one signed bundle of the signatures."))
@click.argument("bundle", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--version", "number", type=click.IntRange(1), required=True, help=_("It only grows."))
@click.option(
    "--key", type=click.Path(dir_okay=False, path_type=Path), required=True, help=_("The secret key.")
)
@click.option(
    "--days", type=click.IntRange(1), default=365, show_default=True, help=_("Days until it expires.")
)
@click.option("--minimum", default=__version__, show_default=True, help=_("Oldest sweeper for it."))
@signatures_option
def build(bundle: Path, number: int, key: Path, days: int, minimum: str, folders: tuple[Path, ...]) -> int:
    """Write the bundle and, beside it, its signature."""
    from sweeper.bundles import minisign
    from sweeper.bundles.bundle import build as pack

    try:
        key_id, seed = (bytes.fromhex(part) for part in key.read_text(encoding="ascii").split())
    except OSError as error:
        raise InputError(str(key), error.strerror or _("cannot be read")) from None
    except ValueError:
        raise InputError(str(key), _("not a secret key made by 'sweeper signatures newkey'")) from None
    today = dt.datetime.now(dt.UTC).date()
    data = pack(load_library(folders).public(), number, today, today + dt.timedelta(days=days), minimum)
    comment = f"sweeper signatures {number} of {today.isoformat()}"
    bundle.write_bytes(data)
    signature = bundle.with_name(bundle.name + ".minisig")
    signature.write_text(minisign.sign(data, minisign.SecretKey(key_id, seed), comment), encoding="utf-8")
    written(str(bundle))
    written(str(signature))
    return cli.OK


@signatures.command(
    help=_("Make a key pair for signing bundles: NAME.key stays secret, NAME.pub is given away.")
)
@click.argument("name", type=click.Path(dir_okay=False, path_type=Path))
def newkey(name: Path) -> int:
    """Refuses to overwrite."""
    from sweeper.bundles import minisign

    secret, public = name.with_name(name.name + ".key"), name.with_name(name.name + ".pub")
    if secret.exists() or public.exists():
        raise SweeperError(_("{path} exists already").format(path=secret))
    key = minisign.new_key()
    secret.touch(mode=0o600)
    secret.write_text(f"{key.key_id.hex()} {key.seed.hex()}\n", encoding="ascii")
    public.write_text(minisign.write_public(minisign.public(key)), encoding="utf-8")
    written(str(public))
    return cli.OK


@signatures.command(help=_("Trust the key of a .pub file for bundles."))
@click.argument("key", type=click.Path(dir_okay=False, path_type=Path))
def trust(key: Path) -> int:
    """Copy it to the trusted keys."""
    from sweeper.bundles.install import trust as add

    click.echo(_("Trusted from now on: key {name}").format(name=add(key).name))
    return cli.OK


@signatures.command(help=_("Install a signed bundle from a file, or from a URL that you give."))
@click.argument("bundle", metavar="FILE|URL")
def install(bundle: str) -> int:
    """Verify everything, then swap it in; the previous one is kept."""
    from sweeper.bundles.bundle import MOST_BYTES
    from sweeper.bundles.install import install as put

    data = _fetched(bundle, MOST_BYTES)
    signature = _fetched(bundle + ".minisig", 4096).decode("utf-8", "replace")
    online = bundle.startswith("https://")
    manifest, warnings = put(data, signature, dt.datetime.now(dt.UTC).date(), online=online)
    for line in warnings:
        warn(line)
    done = _("Installed: version {version}, {count} signatures.")
    click.echo(done.format(version=manifest.version, count=len(manifest.files)))
    return cli.OK


def _fetched(place: str, most: int) -> bytes:
    """The bytes of a file, or of an https URL: the only network connection, and only as the user typed it."""
    try:
        if place.startswith("https://"):
            import urllib.request

            # The scheme was checked above, and what comes must be signed.
            with urllib.request.urlopen(place, timeout=30) as answer:  # noqa: S310  # nosec B310
                data: bytes = answer.read(most + 1)
        else:
            with Path(place).open("rb") as stream:
                data = stream.read(most + 1)
    except OSError as error:
        raise InputError(place, str(error.strerror or error)) from None
    if len(data) > most:
        raise InputError(place, _("larger than it can be"), most)
    return data


@signatures.command(help=_("Print the JSON Schema of a signature file."))
def schema() -> int:
    """The schema is made from the types that read the files."""
    from sweeper.signatures import schema as made

    click.echo(json.dumps(made(), indent=2, ensure_ascii=False))
    return cli.OK
