"""``sweeper evidence``: seal a job, verify anywhere that nothing was changed since, run its evidence
again.
"""

from __future__ import annotations

from pathlib import Path

import click

from sweeper import cli
from sweeper.cli.job import FOLDER, opened, who_option
from sweeper.cli.options import load_library, signatures_option, warn
from sweeper.cli.words import _, spoken
from sweeper.text import safe_text

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(help=_("Seal a job, verify the seal, run its evidence again."))
def evidence() -> None:
    """A group."""


@evidence.command(help=_("Make a signing key; its public half is printed, for who verifies."))
@click.argument("file", type=FILE)
def key(file: Path) -> int:
    """A new file that only its owner reads."""
    from sweeper.jobs import evidence as sealing

    click.echo(sealing.new_key(file))
    return cli.OK


@evidence.command(help=_("Seal: SHA-512 of every file, chained to the audit log, signed if a key is given."))
@click.argument("folder", type=FOLDER)
@click.option("--key", type=FILE, help=_("File with the 32 bytes of the key."))
@who_option
def seal(folder: Path, key: Path | None, who: str) -> int:
    """Seal and say how many files."""
    from sweeper.jobs import evidence as sealing

    secret = sealing.key_of(key) if key is not None else None
    with opened(folder) as job:
        manifest = sealing.seal(job, who, secret)
    click.echo(_("Sealed: {count} files.").format(count=len(manifest.files)))
    return cli.OK


@evidence.command(help=_("Have the seal stamped by a time authority (RFC 3161). This uses the network."))
@click.argument("folder", type=FOLDER)
@click.option("--url", required=True, help=_("The authority's address. One hash is sent to it."))
@who_option
def stamp(folder: Path, url: str, who: str) -> int:
    """Only ever on the user's act."""
    from sweeper.jobs import evidence as sealing

    with opened(folder) as job:
        line = sealing.stamped(job, who, url)
    click.echo(line)
    return cli.OK


@evidence.command(help=_("Say what is intact, or name the first file that was changed."))
@click.argument("folder", type=FOLDER)
@click.option("--trusted-key", metavar="HEX", help=_("The public key that must have signed."))
@click.option("--stamp-roots", type=FILE, help=_("PEM file with the time authority's root certificate."))
def verify(folder: Path, trusted_key: str | None, stamp_roots: Path | None) -> int:
    """Exit code 0 if the seal holds, 1 if not."""
    from sweeper.jobs import evidence as sealing

    try:
        click.echo(safe_text(sealing.verify(folder, trusted_key, stamp_roots)))
    except sealing.EvidenceError as error:
        warn(error)
        return cli.FINDINGS
    return cli.OK


@evidence.command(help=_("Run the recorded evidence through this program again and compare the findings."))
@click.argument("folder", type=FOLDER)
@signatures_option
def reproduce(folder: Path, folders: tuple[Path, ...]) -> int:
    """Exit code 0 where every finding above *info* came out again, 1 where one did not."""
    from sweeper.casework.reproduce import Outcome
    from sweeper.casework.reproduce import reproduce as again

    words = {
        Outcome.IDENTICAL: _("identical"),
        Outcome.AGAIN: _("again"),
        Outcome.NOT_AGAIN: _("NOT again"),
        Outcome.NO_EVIDENCE: _("nothing was recorded"),
    }
    with opened(folder, read_only=True) as job:
        made = again(job, load_library(folders))
    for line in made.lines:
        kind = spoken().finding_kind(line.kind)
        found = f"{line.sweep}/{line.finding}  {spoken().level(line.level)}  {kind}: {words[line.outcome]}"
        click.echo(safe_text(found + (f" ({line.evidence})" if line.evidence else "")))
    for note in made.notes:
        warn(note)
    if not made.lines:
        click.echo(_("There are no findings to reproduce."))
    return cli.OK if made.whole else cli.FINDINGS
