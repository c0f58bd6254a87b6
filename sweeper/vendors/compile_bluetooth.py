"""Compile ``bluetooth.tsv``: company ids and member services, from the packages that maintain them.

    pip install bluetooth-numbers bleak
    python -m sweeper.vendors.compile_bluetooth

Company ids come from *bluetooth-numbers* (MIT, the Nordic Semiconductor database), the 16-bit member
services from *bleak* (MIT). Both are read as text. Ids assigned since their release that signatures
need stand in ``SINCE``, read off the Bluetooth SIG's assigned numbers. The file's first line says when
and from what.
"""

from __future__ import annotations

import ast
import datetime
import importlib.metadata
from pathlib import Path

TARGET = Path(__file__).with_name("bluetooth.tsv")

SINCE = {
    0x0E25: "Hangzhou Hikvision Digital Technology Co., Ltd.",
    0x0E61: "Queclink Wireless Solutions Co., Ltd.",
    0x0FB2: "PLAUD Inc.",
    0x0FC3: "Shenzhen Jimi IoT Co., Ltd.",
}
MEMBER_SERVICES = range(0xFC00, 0xFF00)
"""The SIG hands these to its members, one holder each; below stand the standard services."""


def literal(package: str, file: str, size: int) -> dict[int, str]:
    """The largest ``{int: str}`` literal of a package's file; ``size`` guards against a changed layout."""
    found = [f for f in importlib.metadata.files(package) or () if str(f).endswith(file)]
    tree = ast.parse(Path(str(found[0].locate())).read_text(encoding="utf-8"))
    best: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            table = {
                key.value: value.value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
                and isinstance(key.value, int)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
            }
            best = max(best, table, key=len)
    if len(best) < size:
        raise SystemExit(f"{package}: {file} has {len(best)} entries, at least {size} expected")
    return best


def main() -> None:
    """Write the table."""
    companies = {**literal("bluetooth-numbers", "_companies.py", 3000), **SINCE}
    members = {
        number: name.replace(": ", ", ")
        for number, name in literal("bleak", "uuids.py", 500).items()
        if number in MEMBER_SERVICES
    }
    sources = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("bluetooth-numbers", "bleak")
    )
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    lines = [f"# {today}; {len(companies)} companies, {len(members)} member services; {sources}"]
    lines += [f"c\t{number:04X}\t{name}" for number, name in sorted(companies.items())]
    lines += [f"s\t{number:04X}\t{name}" for number, name in sorted(members.items())]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
