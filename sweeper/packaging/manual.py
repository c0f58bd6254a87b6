"""Manual pages in roff (man(7)) from the command line's definitions: ``sweeper-ble-scan.1`` and so on."""

from __future__ import annotations

from sweeper import __version__
from sweeper.packaging.definitions import Command, every_command

EXIT_CODES = (
    ("0", "Done, nothing above the level info."),
    ("1", "There are findings (or, for selftest, a check failed)."),
    ("2", "Usage, or an input that could not be read; one line on standard error says which."),
    ("3", "Done, but part of the plan was not heard."),
)

PLAIN_PAGES = {
    "sweeper-gui": (
        "open the window of sweeper",
        "[--demo] [FILE...]",
        "The same as sweeper gui. See sweeper-gui --help.",
    ),
    "sweeper-capture": (
        "capture Wi-Fi frames as pcap on standard output",
        "[INTERFACE[@MHZ]] [--seconds N] [--dwell N]",
        "The only part of sweeper that needs rights: CAP_NET_RAW to listen and CAP_NET_ADMIN to tune. It "
        "gives up all others before the first frame, writes no file and sends nothing on the air.",
    ),
}
"""Programs beside ``sweeper`` itself: (what it does, usage, description)."""


def pages() -> dict[str, str]:
    """File name -> roff, for every command and program."""
    made = {f"{command.path.replace(' ', '-')}.1": _page(command) for command in every_command()}
    for name, (what, usage, text) in PLAIN_PAGES.items():
        parts = [*_head(name, what), ".SH SYNOPSIS", f".B {_text(name)}", _text(usage)]
        made[f"{name}.1"] = "\n".join([*parts, ".SH DESCRIPTION", _text(text), *_also("sweeper")]) + "\n"
    return made


def _page(command: Command) -> str:
    name = command.path.replace(" ", "-")
    what = (command.help.split(". ")[0] or command.path).rstrip(".")
    lines = _head(name, what)
    lines += [
        ".SH SYNOPSIS",
        f".B {_text(command.path)}",
        _text(command.usage.removeprefix(command.path).strip()),
    ]
    lines += [".SH DESCRIPTION", _text(command.help)]
    if command.options:
        lines.append(".SH OPTIONS")
        for names, text in command.options:
            lines += [".TP", f".B {_text(names)}", _text(text)]
    if command.commands:
        lines.append(".SH COMMANDS")
        for child, text in command.commands:
            lines += [".TP", f".B {_text(child)}", _text(text), f"See {name}-{child}(1)."]
    lines.append(".SH EXIT STATUS")
    for code, text in EXIT_CODES:
        lines += [".TP", f".B {code}", text]
    return "\n".join(lines + _also(*_parents(name))) + "\n"


def _head(name: str, what: str) -> list[str]:
    title = f'.TH "{name.upper()}" "1" "" "sweeper {__version__}" "sweeper manual"'
    return [
        title,
        '.\\" Words such as a list of choices leave no room for even margins.',
        ".ad l",
        ".SH NAME",
        f"{_text(name)} \\- {_text(what)}",
    ]


def _parents(name: str) -> list[str]:
    parts = name.split("-")
    return ["-".join(parts[:length]) for length in range(1, len(parts))]


def _also(*names: str) -> list[str]:
    return [".SH SEE ALSO", ", ".join(f"{_text(name)}(1)" for name in names)] if names else []


def _text(text: str) -> str:
    """Text that roff prints as it stands: backslashes, hyphens, leading dots and apostrophes escaped."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("|", "\\||\\|")
    return f"\\&{escaped}" if escaped[:1] in (".", "'") else escaped
