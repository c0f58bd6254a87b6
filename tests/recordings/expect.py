"""Write ``recordings/selftest.json``: the findings that ``sweeper selftest`` compares byte for byte.

    python -m tests.recordings.expect

Run it when a detector or a signature changes what a bundled recording gives, look at the difference, and
commit it with the change. ``tests/test_selftest.py`` fails until then.
"""

from __future__ import annotations

import json

from sweeper.selftest import EXPECTED, RECORDINGS, findings
from sweeper.signatures import Library, builtin_folder
from sweeper.synth import recordings_folder


def kept() -> str:
    """The file's text, made anew."""
    library = Library.load(builtin_folder())
    made = {name: findings(recordings_folder() / name, library) for name in RECORDINGS}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    (recordings_folder() / EXPECTED).write_text(kept(), "utf-8")
