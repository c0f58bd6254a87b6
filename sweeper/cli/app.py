"""The top command: a table of names and where each lives."""

from __future__ import annotations

from importlib import import_module

import click

from sweeper import __version__
from sweeper.cli import click_words
from sweeper.cli.words import _

click_words.install()

COMMANDS = {
    "replay": "sweeper.cli.replay:replay",
    "batch": "sweeper.cli.batch:batch",
    "demo": "sweeper.cli.demo:demo",
    "sweep": "sweeper.cli.sweep:sweep",
    "watch": "sweeper.cli.watch:watch",
    "reference": "sweeper.cli.reference:reference",
    "listen": "sweeper.cli.tune:listen",
    "locate": "sweeper.cli.tune:locate",
    "still": "sweeper.cli.still:still_picture",
    "sound-test": "sweeper.cli.prove:sound_test",
    "traffic-test": "sweeper.cli.prove:traffic_test",
    "harmonic-test": "sweeper.cli.prove:harmonic_test",
    "calibrate": "sweeper.cli.prove:calibrate",
    "ble": "sweeper.cli.ble:ble",
    "known": "sweeper.cli.known:known",
    "wifi": "sweeper.cli.wifi:wifi",
    "lan": "sweeper.cli.lan:lan",
    "sources": "sweeper.cli.sources:sources",
    "synth": "sweeper.cli.synth:synth",
    "identify": "sweeper.cli.identify:identify",
    "job": "sweeper.cli.job:job",
    "report": "sweeper.cli.report:report",
    "evidence": "sweeper.cli.evidence:evidence",
    "licence": "sweeper.cli.licence:licence",
    "signatures": "sweeper.cli.signatures:signatures",
    "plugins": "sweeper.cli.plugins:plugins",
    "sensor": "sweeper.cli.fleet:sensor",
    "console": "sweeper.cli.fleet:console",
    "gui": "sweeper.cli.gui:gui",
    "selftest": "sweeper.cli.selftest:selftest",
}
"""Command -> ``module:name``, imported when called."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _colon, name = target.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(
    cls=LazyGroup,
    help=_(
        "Find hidden surveillance devices by what they transmit. It only receives, and says what it could "
        "not hear."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="sweeper")
@click.option("--lang", metavar="en|ru|kk", help=_("Language of this command (the system's by default)."))
def app(lang: str | None) -> None:
    """The language was already used by ``main``; the option stands here for ``--help`` and for click."""
