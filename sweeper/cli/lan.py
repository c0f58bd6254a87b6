"""``sweeper lan``: ask the devices of one's own network what they are. The one look that sends."""

from __future__ import annotations

import click

from sweeper import cli
from sweeper.cli.run import exit_code, run
from sweeper.cli.wanted import Wanted, wanted_options
from sweeper.cli.words import _, spoken
from sweeper.plan import SweepPlan
from sweeper.radio import Source
from sweeper.radio.lan_asking import KINDS, RATE_PER_S


@click.group(help=_("Your own network: ask its devices what they are."))
def lan() -> None:
    """A group."""


@lan.command(
    help=_(
        "Ask the devices of your own network what they are. It says what it will send, and asks first. "
        "Passive captures of a network are read by 'sweeper replay'."
    )
)
@click.option(
    "--subnet", "subnets", multiple=True, metavar="192.168.1.0/24", help=_("Only this network or part.")
)  # fmt: skip
@click.option("--only", multiple=True, type=click.Choice(KINDS), help=_("Only this kind of question."))
@click.option(
    "--rate", type=click.FloatRange(1, 1000), default=RATE_PER_S, show_default=True,
    help=_("Attempts to connect a second."),
)  # fmt: skip
@click.option("--yes", is_flag=True, help=_("Do not ask; what will be sent is still said."))
@click.option(
    "--wifi", "interface", metavar="wlan0mon",
    help=_("Listen to Wi-Fi at the same time, and merge what is heard by address."),
)  # fmt: skip
@wanted_options
def scan(
    subnets: tuple[str, ...],
    only: tuple[str, ...],
    rate: float,
    yes: bool,
    interface: str | None,
    wanted: Wanted,
) -> int:
    """Exit code 2 where nobody agreed, 3 where there is no network to ask."""
    from sweeper.radio import lan as radio
    from sweeper.radio import lan_network, wifi
    from sweeper.radio.lan_asking import Look

    library = wanted.library()
    known = wanted.known(live=True)
    nets = lan_network.chosen(subnets, lan_network.networks())
    look = Look(tuple(nets), tuple(only) or KINDS, rate_per_s=rate)
    for phrase in radio.statement(look):
        click.echo(spoken().phrase(phrase), err=True)
    if not yes and not click.confirm(_("Send this now?"), err=True):
        return cli.UNREADABLE
    sources: list[Source] = [radio.LanSource(look)]
    if interface is not None:
        sources.append(wifi.source(interface))
    with wanted.kept("lan", library) as sinks:
        collected, outcome = run(
            sources, library, plan=SweepPlan(), sinks=sinks, title=_("Asking the network"), known=known
        )
    wanted.give(collected, library, outcome)
    return exit_code(collected, outcome)
