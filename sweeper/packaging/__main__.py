"""``python -m sweeper.packaging``: what a package is made of, and the packages. Used by ``make dist``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is asked for; prints what was written."""
    parser = argparse.ArgumentParser(prog="python -m sweeper.packaging", description=__doc__)
    parser.add_argument("what", choices=["share", "reference", "site", "deb", "archive"])
    parser.add_argument("target", type=Path)
    parser.add_argument("--sandboxed", action="store_true", help="share: no udev rules, no DVB blacklist")
    parser.add_argument("--work", type=Path, default=CHECKOUT / "build", help="where wheels are kept")
    chosen = parser.parse_args(arguments)
    for path in _made(chosen):
        print(path)
    return 0


def _made(chosen: argparse.Namespace) -> list[Path]:
    target: Path = chosen.target
    if chosen.what == "share":
        from sweeper.packaging import share

        return share.write(target, system=not chosen.sandboxed)
    if chosen.what == "reference":
        from sweeper.packaging import reference

        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(reference.markdown(), "utf-8")
        return [target]
    if chosen.what == "site":
        from sweeper.packaging import site

        return [site.build(CHECKOUT, chosen.work, target)]
    if chosen.what == "deb":
        from sweeper.packaging import debian

        return [debian.build(CHECKOUT, chosen.work, target)]
    from sweeper.packaging import archive

    return [archive.build(CHECKOUT, chosen.work, target)]


if __name__ == "__main__":
    sys.exit(main())
