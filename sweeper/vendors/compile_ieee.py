"""Compile ``ieee.bin``: the IEEE's address blocks and who holds them, from a package that maintains them.

    npm pack oui-data && tar xzf oui-data-*.tgz
    python -m sweeper.vendors.compile_ieee package/ 2026-08-26        # the release date npm tells

*oui-data* (BSD-2-Clause, silverwind) is the IEEE's MA-L, MA-M and MA-S registries as JSON, released weekly.
Only the holder's name is kept. The file is zlib over::

    header: one line of JSON {about, date, counts}          names: one line each
    prefixes: u64 little-endian, sorted: 12 hex digits of the block's start, with its length in digits below
    indices: u16 little-endian, the name of each prefix
"""

from __future__ import annotations

import datetime
import json
import sys
import zlib
from array import array
from collections import Counter
from pathlib import Path

TARGET = Path(__file__).with_name("ieee.bin")
RESERVED = {"IEEE Registration Authority", "Private"}
"""Blocks handed on in smaller ones, and holders who keep their name back: neither names a maker."""


def main(package: Path) -> None:
    """Read the unpacked npm package, write the table."""
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    blocks: dict[str, str] = json.loads((package / "index.json").read_text(encoding="utf-8"))
    holders = {
        prefix: name
        for prefix, text in blocks.items()
        if (name := text.split("\n")[0].strip()) not in RESERVED
    }
    names = sorted(set(holders.values()))
    place = {name: index for index, name in enumerate(names)}
    keys = sorted(
        (int(prefix.ljust(12, "0"), 16) << 4 | len(prefix), name) for prefix, name in holders.items()
    )
    count = Counter({6: "MA-L", 7: "MA-M", 9: "MA-S"}[len(prefix)] for prefix in holders)
    header = {
        "about": f"{about['name']} {about['version']} ({about['license']}), {about['repository']['url']}",
        "date": datetime.date.fromisoformat(sys.argv[2]).isoformat(),
        "names": len(names),
        "blocks": len(keys),
        "counts": dict(sorted(count.items())),
    }
    text = "\n".join([json.dumps(header), *names]) + "\n"
    prefixes, indices = array("Q", [key for key, _ in keys]), array("H", [place[name] for _, name in keys])
    if sys.byteorder == "big":
        prefixes.byteswap()
        indices.byteswap()
    body = text.encode() + prefixes.tobytes() + indices.tobytes()
    TARGET.write_bytes(zlib.compress(body, 9))
    print(json.dumps(header), TARGET.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
