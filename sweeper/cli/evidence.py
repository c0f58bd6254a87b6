"""``sweeper evidence``: seal a job, and verify on any machine that nothing was changed since."""

from __future__ import annotations

from pathlib import Path

import click

from sweeper import cli
from sweeper.cli.job import FOLDER, opened, who_option
from sweeper.cli.words import _
from sweeper.errors import InputError


@click.group(help=_("Seal a job and verify the seal."))
def evidence() -> None:
    """A group."""


@evidence.command(help=_("Seal: SHA-512 of every file, chained to the audit log, signed if a key is given."))
@click.argument("folder", type=FOLDER)
@click.option(
    "--key", type=click.Path(dir_okay=False, path_type=Path), help=_("File with the 32 bytes of the key.")
)
@who_option
def seal(folder: Path, key: Path | None, who: str) -> int:
    """Seal and say how many files."""
    from sweeper.jobs import evidence as sealing

    secret = None
    if key is not None:
        try:
            secret = key.read_bytes()
        except OSError as error:
            raise InputError(str(key), error.strerror or _("cannot be read")) from None
        if len(secret) != 32:
            raise InputError(str(key), _("a key of 32 bytes was expected"))
    with opened(folder) as job:
        manifest = sealing.seal(job, who, secret)
    click.echo(_("Sealed: {count} files.").format(count=len(manifest.files)))
    return cli.OK


@evidence.command(help=_("Say what is intact, or name the first file that was changed."))
@click.argument("folder", type=FOLDER)
@click.option("--trusted-key", metavar="HEX", help=_("The public key that must have signed."))
def verify(folder: Path, trusted_key: str | None) -> int:
    """Exit code 0 if the seal holds, 1 if not."""
    from sweeper.jobs import evidence as sealing

    try:
        click.echo(sealing.verify(folder, trusted_key))
    except sealing.EvidenceError as error:
        click.echo(f"sweeper: {error}", err=True)
        return cli.FINDINGS
    return cli.OK
