"""The floors of the house hold: imports point down, siblings do not see each other, drivers have one door."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sweeper"

FLOORS = [
    {"patterns"},
    {"text", "toml_text", "signature_index", "memory"},
    {"errors"},
    {"records"},
    {"labels", "signature_types", "patience", "clocks", "forgetting"},
    {"language", "locale"},
    {
        "floorplan",
        "known",
        "wifi_reference",
        "plan",
        "plugins",
        "serials",
        "signatures",
        "vendors",
        "dsp",
        "protocols",
    },
    {"recording", "synth", "allocations", "checklists", "operators", "proposing"},
    {"pipeline", "reference", "sensing"},
    {"findings", "coverage", "detectors", "radio"},
    {"session", "report", "jobs", "harmonic_test"},
    {"casework"},
    {"signature_check", "subjects"},
    {"signature_writing"},
    {"teaching", "selftest", "signature_proof", "exchange"},
    {"bundles"},
    {"batch", "fleet"},
    {"cli", "ui"},
    {"packaging"},
]
"""From the ground up. Within one floor a part imports only itself, but for the exceptions below."""

SAME_FLOOR = {
    ("cli", "ui"),  # one sub-command opens the window; it imports it when asked
}

DRIVERS = {
    "PySide6": "ui",
    "pyqtgraph": "ui",
    "shiboken6": "ui",
    "rtlsdr": "radio",
    "bleak": "radio",
    "bumble": "radio",
    "scapy": "radio",
    "SoapySDR": "radio",
    "distributed": "batch",
    "paho": "fleet",
    "click": "cli",
    "rich": "cli",
}


OTHER_DOORS = {("packaging", "click")}
"""Manual pages and completions are made from click's own definitions."""


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py"))


def imports(path: Path) -> list[tuple[str, int, bool]]:
    """Names imported by a file, with line and whether the import runs when the module is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            top -= {id(node) for node in ast.walk(function)}
    found: list[tuple[str, int, bool]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno, id(node) in top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            assert node.module is not None
            if node.module == "sweeper":
                found += [(f"sweeper.{alias.name}", node.lineno, id(node) in top) for alias in node.names]
            else:
                found.append((node.module, node.lineno, id(node) in top))
    return found


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_of(part: str) -> int | None:
    return next((i for i, floor in enumerate(FLOORS) if part in floor), None)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    part = part_of(path)
    if part in ("__init__", "__main__"):
        return
    floor = floor_of(part)
    assert floor is not None, f"{part} stands on no floor: give it one in FLOORS"
    wrong = []
    for name, line, _ in imports(path):
        if not name.startswith("sweeper."):
            continue
        other = name.split(".")[1]
        if other.startswith("__") or other == part:
            continue
        theirs = floor_of(other)
        assert theirs is not None, f"{path}:{line}: {name} stands on no floor"
        if theirs > floor or (theirs == floor and (part, other) not in SAME_FLOOR):
            wrong.append(f"{path}:{line}: {part} imports {other}")
    assert not wrong


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_drivers_stay_behind_their_door(path: Path) -> None:
    for name, line, at_import in imports(path):
        library = name.split(".")[0]
        if library not in DRIVERS or (part_of(path), library) in OTHER_DOORS:
            continue
        assert part_of(path) == DRIVERS[library], f"{path}:{line}: {library} outside {DRIVERS[library]}/"
        if DRIVERS[library] == "radio":
            assert not at_import, f"{path}:{line}: {library} must be imported inside the factory"


def test_detectors_do_not_import_each_other() -> None:
    folder = PACKAGE / "detectors"
    for path in folder.glob("*.py"):
        own = path.stem.split("_")[0]
        for name, line, _ in imports(path):
            if name.startswith("sweeper.detectors."):
                other = name.split(".")[2].split("_")[0]
                assert other == own, f"{path}:{line}: {name}"


def run_without(missing: tuple[str, ...], code: str) -> str:
    """What ``code`` prints in a Python that has none of the ``missing`` libraries."""
    absent = f"import sys\nsys.modules.update(dict.fromkeys({missing!r}))\n"
    done = subprocess.run(
        [sys.executable, "-c", absent + code], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_detectors_do_without_what_costs_fifty_megabytes_to_load() -> None:
    """``scipy.signal`` and ``scipy.stats`` take a second to load; who needs them loads them then."""
    code = (
        "from sweeper.session import standard_stages\n"
        "from sweeper.signatures import Library\n"
        "print(len(standard_stages(Library([]))))\n"
    )
    assert int(run_without(("scipy.signal", "scipy.stats"), code)) > 10


def test_replay_needs_no_window_and_no_driver() -> None:
    """The command line answers with Qt, bleak, scapy and the RTL-SDR driver all absent."""
    code = "from sweeper.cli import main\nsys.exit(main(['replay', '--help']))\n"
    assert "PATH" in run_without(("PySide6", "pyqtgraph", "rtlsdr", "bleak", "scapy"), code)
