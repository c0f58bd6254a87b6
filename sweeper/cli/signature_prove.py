"""``sweeper signatures check``: the proof of the library, printed."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.table import Table

from sweeper import cli
from sweeper.cli.options import load_library, signatures_option, warn
from sweeper.cli.output import put
from sweeper.cli.words import _, spoken
from sweeper.signature_proof import Material, Proof, Proved, material, prove
from sweeper.signatures import builtin_folder


@click.command(
    help=_(
        "Run every signature over its own examples and near misses, and all of them over all recordings: "
        "what each hits, how near its nearest near miss came, and false alarms on clean material."
    )
)
@click.option(
    "--examples", "only_examples", is_flag=True, help=_("Only the examples: a second, not half a minute.")
)
@click.option(
    "--recordings",
    metavar="DIR",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help=_("A folder with devices/ and clean/; by default the recordings that come with the program."),
)
@click.option(
    "--corpus",
    metavar="DIR",
    envvar="SWEEPER_CORPUS",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help=_("A folder of captures; its corpus.toml says which are clean."),
)
@click.option(
    "--all", "everything", is_flag=True, help=_("A line for every signature, also those never met.")
)
@click.option(
    "--json", "json_out", metavar="FILE", help=_("Write the proof there as JSON; - for standard output.")
)
@signatures_option
def check(
    only_examples: bool,
    recordings: Path | None,
    corpus: Path | None,
    everything: bool,
    json_out: str | None,
    folders: tuple[Path, ...],
) -> int:
    """Exit code 2 for a wrong example, a false alarm, an unearned *stable* or a file that cannot be used."""
    library = load_library(folders)
    over = Material((), ())
    if not only_examples:
        over = material(library, recordings or builtin_folder().parent / "recordings", corpus)
    proof = prove(library, over)
    if json_out is not None:
        put(_json(proof), json_out)
    if json_out != "-":
        _show(proof, everything=everything)
    for line in (*proof.unread, *proof.problems):
        warn(line)
    return cli.UNREADABLE if proof.problems else cli.OK


def _show(proof: Proof, *, everything: bool) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", _("status"), _("level"), _("hits"), _("clean hits"), _("near miss"), _("nearest")):
        table.add_column(heading, overflow="fold")
    for one in proof.signatures:
        if everything or one.hits or one.clean_hits or one.problems:
            table.add_row(*_row(one))
    if table.row_count:
        Console().print(table)
    for conflict in proof.conflicts:
        line = _("{first} and {second} claim one payload; shown is {shown}. ({payload})")
        click.echo(line.format(**msgspec.structs.asdict(conflict)))
    count = len(proof.signatures)
    done = spoken().ngettext("{n} signature checked.", "{n} signatures checked.", count)
    click.echo(done.format(n=count))
    met = sum(bool(one.hits or one.clean_hits) for one in proof.signatures)
    alarms = sum(len(one.false_alarms) for one in proof.signatures)
    line = _("Met in a recording: {met}. False alarms on clean material: {alarms}. Problems: {problems}.")
    click.echo(line.format(met=met, alarms=alarms, problems=len(proof.problems)))


def _row(one: Proved) -> tuple[str, ...]:
    signature, miss = one.signature, one.near_miss
    return (
        signature.id,
        signature.status.value,
        spoken().level(signature.level),
        str(len(one.hits)),
        str(len(one.clean_hits)),
        str(miss.distance) if miss else "–",
        miss.what if miss else "",
    )


def _json(proof: Proof) -> str:
    rows = [
        {
            "id": one.signature.id,
            "medium": one.signature.medium.value,
            "status": one.signature.status.value,
            "level": one.signature.level.value,
            "problems": one.problems,
            "hits": one.hits,
            "clean_hits": one.clean_hits,
            "false_alarms": one.false_alarms,
            "near_miss": one.near_miss,
        }
        for one in proof.signatures
    ]
    whole = {
        "signatures": rows,
        "conflicts": proof.conflicts,
        "problems": proof.problems,
        "unread": proof.unread,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n"
