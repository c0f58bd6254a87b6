"""``sweeper job list|register|export|import|lock|unlock|purge``: jobs as a whole."""

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
from sweeper.cli.job import FOLDER, opened, who_option
from sweeper.cli.options import warn
from sweeper.cli.output import put
from sweeper.cli.words import _, spoken
from sweeper.errors import InputError
from sweeper.jobs import register as registering
from sweeper.text import safe_text, say

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(dir_okay=False, path_type=Path)


def password_option(*, confirm: bool) -> Callable[[F], F]:
    """``--password-file FILE``: the password's first line; asked for where it is not given."""
    return click.option(
        "--password-file",
        "password",
        type=FILE,
        callback=lambda _ctx, _param, path: password(path, confirm=confirm),
        help=_("File with the password in its first line; asked for by default."),
    )


def password(path: Path | None, *, confirm: bool) -> str:
    """The password from a file, or asked for without showing it."""
    if path is None:
        answer: str = click.prompt(_("Password"), hide_input=True, confirmation_prompt=confirm, err=True)
        return answer
    try:
        return path.read_text("utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise InputError(str(path), say("no password can be read: {error}", error=error)) from None


@click.command(help=_("Every job below a folder, a line each."))
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--json", "json_out", metavar="-", help=_("Print a JSON document."))
def list_(folder: Path, json_out: str | None) -> int:
    """A line a job; jobs that cannot be read are named on standard error."""
    rows, problems = registering.rows(folder)
    for problem in problems:
        warn(problem)
    for row in rows:
        if row.problem:
            line = spoken().say(
                say("opened for reading only, it was changed from outside: {why}", why=row.problem)
            )
            warn(f"{row.folder}: {line}")
    if json_out is not None:
        click.echo(json.dumps(msgspec.to_builtins(rows), indent=2))
        return cli.OK
    table = Table(box=None, pad_edge=False)
    for heading in (_("number"), _("place"), _("begun"), _("sweeps"), _("findings"), _("purge"), _("folder")):
        table.add_column(heading)
    for row in rows:
        late = row.purge_due_utc_s < time.time()
        due = spoken().date(row.purge_due_utc_s) + (f" ({_('late')})" if late else "")
        begun = spoken().date(row.created_utc_s)
        purge_word = _("done") if row.purged else due
        cells = (row.number, row.place, begun, row.sweeps, row.findings, purge_word, row.folder)
        table.add_row(*(escape(safe_text(str(cell))) for cell in cells))
    Console().print(table)
    return cli.OK


@click.command(help=_("The register of all jobs below a folder as CSV, ODS or PDF."))
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--out", metavar="FILE", default="-", help=_("Where to; the ending chooses. CSV by default."))
def register(folder: Path, out: str) -> int:
    """One row a job."""
    from sweeper.casework import inspection

    rows, problems = registering.rows(folder)
    for problem in problems:
        warn(problem)
    name = "register.csv" if out == "-" else out
    put(inspection.register(rows, name, spoken(), time.time()), out)
    return cli.OK


@click.command(help=_("Write a job as one file, to move it; with --password it is encrypted (age)."))
@click.argument("folder", type=FOLDER)
@click.argument("file", type=FILE)
@click.option("--password", "locked", is_flag=True, help=_("Encrypt it; the password is asked for."))
@click.option("--password-file", type=FILE, help=_("File with the password in its first line."))
@who_option
def export(folder: Path, file: Path, locked: bool, password_file: Path | None, who: str) -> int:
    """The job stays as it is."""
    from sweeper.jobs import container

    secret = password(password_file, confirm=True) if locked or password_file is not None else None
    with opened(folder) as job:
        container.export(job, file, who=who, password=secret)
    click.echo(_("Written: {path}").format(path=file), err=True)
    return cli.OK


@click.command(help=_("Take in a job from a file; archives with tricks are refused."))
@click.argument("file", type=FILE)
@click.argument("folder", type=FOLDER, required=False)
@click.option("--password-file", type=FILE, help=_("File with the password in its first line."))
def import_(file: Path, folder: Path | None, password_file: Path | None) -> int:
    """Into a folder of its own; a tampered job is taken in for reading only, and says so."""
    from sweeper.jobs import container

    secret = password(password_file, confirm=False) if container.is_locked(file) else None
    made = container.take_in(file, folder, password=secret)
    with opened(made, read_only=True):
        click.echo(_("Job made: {folder}").format(folder=made))
    return cli.OK


@click.command(help=_("Encrypt a job with a password; its folder is replaced by one file."))
@click.argument("folder", type=FOLDER)
@password_option(confirm=True)
@who_option
def lock(folder: Path, password: str, who: str) -> int:
    """Read back before the folder goes."""
    from sweeper.jobs import container

    made = container.lock(folder, who=who, password=password)
    click.echo(_("Locked: {path}. Without the password nobody can open it.").format(path=made))
    return cli.OK


@click.command(help=_("Open a locked job again."))
@click.argument("file", type=FILE)
@click.argument("folder", type=FOLDER, required=False)
@click.option("--keep", is_flag=True, help=_("Keep the locked file too."))
@password_option(confirm=False)
def unlock(file: Path, folder: Path | None, keep: bool, password: str) -> int:
    """A wrong password is one line."""
    from sweeper.jobs import container

    made = container.unlock(file, folder, password=password, keep=keep)
    click.echo(_("Job made: {folder}").format(folder=made))
    return cli.OK


@click.command(help=_("Delete other people's identifiers and recordings for good; a certificate stays."))
@click.argument("folder", type=FOLDER)
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@click.option("--photos", is_flag=True, help=_("The photos too."))
@who_option
def purge(folder: Path, yes: bool, photos: bool, who: str) -> int:
    """Ask, delete, print the certificate."""
    if not yes and not click.confirm(_("This cannot be undone. Delete?")):
        return cli.OK
    with opened(folder) as found:
        certificate = found.purge(who, photos=photos)
    click.echo(json.dumps(msgspec.to_builtins(certificate), indent=2))
    return cli.OK


COMMANDS: dict[str, click.Command] = {
    "list": list_,
    "register": register,
    "export": export,
    "import": import_,
    "lock": lock,
    "unlock": unlock,
    "purge": purge,
}
