"""The command line: the smallest composition root. It parses words, wires parts, and prints.

Commands live one in a file and are imported when called, so ``sweeper --help`` is quick and ``replay``
needs neither Qt nor a driver. Exit codes: 0 done, nothing above *info*; 1 findings; 2 usage or unreadable
input; 3 done, but part of the plan was not heard.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

OK, FINDINGS, UNREADABLE, NOT_HEARD = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; prints one clear line for whatever goes wrong."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    import click

    from sweeper import language
    from sweeper.cli import words
    from sweeper.errors import SweeperError

    words.use(language.get(_language(arguments) or language.detect(os.environ)))
    from sweeper.cli.app import app

    try:
        code = app.main(args=arguments, prog_name="sweeper", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return UNREADABLE
    except click.ClickException as error:
        return _refuse(error.format_message())
    except SweeperError as error:
        return _refuse(words.spoken().say(error.said))
    except (click.Abort, KeyboardInterrupt):
        return _refuse(words._("stopped"))
    except BrokenPipeError:
        # The reader of our output went away; Python would complain once more while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:  # a closed folder, a full disk, a stick that was pulled out: none of our defects
        return _refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception as error:  # noqa: BLE001  the program's excepthook: the second of the two broad excepts
        return _refuse(words._("internal error, please report it: ") + f"{type(error).__name__}: {error}")
    return int(code or OK)


def main_gui() -> int:
    """The entry point ``sweeper-gui``: the same as ``sweeper gui`` with the arguments given."""
    return main(["gui", *sys.argv[1:]])


def _language(arguments: Sequence[str]) -> str | None:
    """``--lang ru`` or ``--lang=ru`` is needed before the commands, whose help it translates, are built."""
    for index, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
        if argument == "--lang" and index + 1 < len(arguments):
            return arguments[index + 1]
    return None


def _refuse(line: str) -> int:
    from sweeper.text import safe_text

    print(f"sweeper: {safe_text(line)}", file=sys.stderr)
    return UNREADABLE
