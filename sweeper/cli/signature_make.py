"""``sweeper signatures make``: a signature from what was heard, step by step or from options."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click

from sweeper import cli
from sweeper.bundles.install import home
from sweeper.cli.options import load_library, warn
from sweeper.cli.show import written
from sweeper.cli.words import _, spoken
from sweeper.errors import InputError, SweeperError
from sweeper.records import Level
from sweeper.signatures import DeviceClass, FindingKind, Library
from sweeper.subjects import Subject, heard, of_advert
from sweeper.teaching import Draft, Proposal, choose, clean_looks, propose, slug, write


@click.command(
    help=_(
        "Make a signature of your own from a recording. Without --subject it lists what was heard; with it, "
        "it proposes what to match on, shows what else that would hit, and asks for the rest."
    )
)
@click.argument("paths", nargs=-1, metavar="PATH...", type=click.Path(exists=True))
@click.option(
    "--ble", "adverts", multiple=True, metavar="HEX", help=_("One advertisement; several of one kind.")
)
@click.option("--subject", "subjects", multiple=True, help=_("Device or emission; several of one kind."))
@click.option("--use", metavar="1,3", help=_("Conditions to switch on, by number."))
@click.option("--id", "id_", help=_("The signature's id; by default made from the title."))
@click.option("--title", help=_("What it is."))
@click.option("--cause", "causes", multiple=True, help=_("An innocent cause; at least two."))
@click.option("--next", "steps", multiple=True, help=_("What to do next."))
@click.option("--level", type=click.Choice([str(x.value) for x in Level]), default="low", show_default=True)
@click.option("--kind", type=click.Choice([x.value for x in FindingKind]), default="unknown-transmitter")
@click.option("--class", "device_class", type=click.Choice([x.value for x in DeviceClass]), default="other")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=_("Where to write; by default your own."),
)
def make(
    paths: tuple[str, ...],
    adverts: tuple[str, ...],
    subjects: tuple[str, ...],
    use: str | None,
    id_: str | None,
    title: str | None,
    causes: tuple[str, ...],
    steps: tuple[str, ...],
    level: str,
    kind: str,
    device_class: str,
    folder: Path | None,
) -> int:
    """Gather, propose, ask, write."""
    if bool(paths) == bool(adverts):
        raise click.UsageError(_("give recordings, or --ble"))
    library = load_library(())
    everything = _told(adverts) if adverts else _heard(paths, library)
    if not subjects and not adverts:
        return _list(everything)
    chosen = everything if adverts else _chosen(everything, subjects)
    clean = clean_looks(library, chosen[0].medium)
    proposal = propose(chosen, everything, clean, library)
    if use is not None:
        proposal = choose(proposal, _numbers(use, len(proposal.conditions)), everything, clean)
    _show(proposal)
    title = title or click.prompt(_("What is it"))
    causes = causes or _ask_causes(Level(level))
    draft = Draft(
        id=id_ or slug(title),
        title=title,
        benign=causes,
        next=steps,
        level=Level(level),
        kind=FindingKind(kind),
        device_class=DeviceClass(device_class),
        observed=dt.datetime.now(dt.UTC).date(),
    )
    if draft.id in library.by_id:
        warn(_("{id}: replaces the signature of this id").format(id=draft.id))
    written(str(write(draft, proposal, folder or home() / "local")))
    return cli.OK


def _heard(paths: Sequence[str], library: Library) -> list[Subject]:
    gather = heard(paths, library, keep_frames=True)
    for problem in gather.problems:
        warn(problem)
    return gather.subjects()


def _told(adverts: Sequence[str]) -> list[Subject]:
    try:
        return [of_advert(bytes.fromhex(advert)) for advert in adverts]
    except ValueError:
        raise click.BadParameter(_("hexadecimal digits expected"), param_hint="--ble") from None


def _list(everything: Sequence[Subject]) -> int:
    for subject in everything:
        click.echo(f"{subject.id:12} {subject.medium.value:5} {subject.label}")
    if not everything:
        raise SweeperError(_("nothing was heard in it"))
    return cli.OK


def _chosen(everything: Sequence[Subject], wanted: Sequence[str]) -> list[Subject]:
    by_id = {subject.id: subject for subject in everything}
    by_address = {subject.address.lower(): subject for subject in everything if subject.address}
    found = []
    for name in wanted:
        subject = by_id.get(name) or by_address.get(name.lower())
        if subject is None:
            raise InputError(name, _("no such device or emission was heard"))
        found.append(subject)
    return found


def _numbers(text: str, count: int) -> list[int]:
    try:
        numbers = [int(part) - 1 for part in text.split(",")]
    except ValueError:
        raise click.BadParameter(_("numbers of conditions, as 1,3"), param_hint="--use") from None
    if not all(0 <= number < count for number in numbers):
        raise click.BadParameter(_("there are {n} conditions").format(n=count), param_hint="--use")
    return numbers


def _show(proposal: Proposal) -> None:
    click.echo(_("It could be known by:"))
    for number, one in enumerate(proposal.conditions, start=1):
        mark = "*" if number - 1 in proposal.chosen else " "
        click.echo(f" {mark} {number}. {spoken().phrase(one.text)}")
    for heading, lines in (
        (_("It is known already as:"), proposal.known),
        (_("It would also hit, in this recording:"), proposal.also_hits),
        (_("It would also hit, among what is known to be harmless:"), proposal.clean_hits),
    ):
        if lines:
            click.echo(heading)
            for line in lines:
                click.echo(f"   {line}")
    if not proposal.also_hits and not proposal.clean_hits:
        click.echo(_("It hits nothing else here and nothing of what is known to be harmless."))


def _ask_causes(level: Level) -> tuple[str, ...]:
    asked = [click.prompt(_("An innocent cause"))]
    while len(asked) < 2 and level is not Level.INFO:
        asked.append(click.prompt(_("Another innocent cause")))
    return tuple(asked)
