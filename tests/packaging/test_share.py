"""The files beside the program: complete, valid for the tools that read them, as the program says."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sweeper import __version__
from sweeper.packaging import APP_ID, LINUX, reference, share
from sweeper.packaging.definitions import every_command
from sweeper.radio import inventory


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("usr")
    share.write(folder)
    return folder


def tool(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a checker, or skip saying that it is absent."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed here")
    with tempfile.TemporaryDirectory() as folder:  # flatpak-builder leaves its state where it stands
        command = [name, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, cwd=folder)


def page(prefix: Path, name: str) -> str:
    return gzip.decompress((prefix / f"share/man/man1/{name}.1.gz").read_bytes()).decode()


def test_the_desktop_file_is_valid(prefix: Path) -> None:
    done = tool("desktop-file-validate", str(prefix / f"share/applications/{APP_ID}.desktop"))
    assert "error" not in done.stdout + done.stderr
    assert done.returncode == 0


def test_the_metainfo_is_valid_and_of_this_version(prefix: Path) -> None:
    path = prefix / f"share/metainfo/{APP_ID}.metainfo.xml"
    tree = ET.parse(path)
    assert tree.findtext("id") == APP_ID
    release = tree.find("releases/release")
    assert release is not None
    assert release.get("version") == __version__
    done = tool("appstreamcli", "validate", "--no-net", str(path))
    assert done.returncode == 0, done.stdout


def test_the_flatpak_manifest_is_read_and_gives_no_network() -> None:
    text = (LINUX / f"{APP_ID}.yml").read_text("utf-8")
    arguments = re.search(r"finish-args:\n((?:  - .*\n)+)", text)
    assert arguments is not None
    assert "network" not in arguments[1]
    assert "filesystem=home" not in arguments[1]
    done = tool("flatpak-builder", "--show-manifest", str(LINUX / f"{APP_ID}.yml"))
    assert done.returncode == 0, done.stderr
    assert f'"id" : "{APP_ID}"' in done.stdout


QT = """
import sys
from PySide6.QtGui import QIcon
from sweeper.ui import app
made = app.application()
picture = QIcon(sys.argv[1]).pixmap(64, 64).toImage()
print(made.desktopFileName(), len({picture.pixel(x, y) for x in range(0, 64, 4) for y in range(0, 64, 4)}))
"""


def test_window_and_desktop_file_have_one_name_and_the_icon_is_drawn(prefix: Path) -> None:
    """In a process of its own: an application of Qt does not go away."""
    icon = prefix / f"share/icons/hicolor/scalable/apps/{APP_ID}.svg"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", QT, str(icon)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    name, colours = told.split()
    assert name == APP_ID
    assert int(colours) > 3


def test_udev_grants_every_known_dongle_to_the_seat_and_to_nobody_else(prefix: Path) -> None:
    rules = (prefix / "lib/udev/rules.d/60-sweeper-rtlsdr.rules").read_text()
    lines = [line for line in rules.splitlines() if line and not line.startswith("#")]
    ids = {tuple(re.findall(r'ATTRS\{id\w+\}=="(\w{4})"', line)) for line in lines}
    assert ids == inventory.USB_IDS
    for line in lines:
        assert 'TAG+="uaccess"' in line
        assert 'MODE="0660"' in line  # 0666 would give the receiver to every account


def test_the_television_driver_is_kept_away(prefix: Path) -> None:
    assert (
        f"blacklist {inventory.KERNEL_DRIVER}" in (prefix / "lib/modprobe.d/sweeper-rtlsdr.conf").read_text()
    )


def test_a_sandbox_gets_no_system_files(tmp_path: Path) -> None:
    assert not [
        path for path in share.write(tmp_path, system=False) if "lib" in path.relative_to(tmp_path).parts
    ]


def test_every_command_has_a_page_with_all_its_options(prefix: Path) -> None:
    """Against what ``--help`` prints, in a process of its own."""
    code = "import sys; from sweeper.cli import main; sys.exit(main(sys.argv[1:]))"
    names = {path.name.removesuffix(".1.gz") for path in (prefix / "share/man/man1").iterdir()}
    paths = [command.path for command in every_command()]
    assert {path.replace(" ", "-") for path in paths} <= names
    assert {"sweeper", "sweeper-gui", "sweeper-capture", "sweeper-ble-scan", "sweeper-job-new"} <= names
    for words in (["replay"], ["ble", "scan"], ["job", "new"]):
        command = [sys.executable, "-c", code, "--lang", "en", *words, "--help"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        text = page(prefix, "-".join(["sweeper", *words])).replace("\\-", "-")
        options = set(re.findall(r"(?<!\S)--[a-z][a-z-]+", told))
        assert options
        assert {option for option in options if option not in text} == set()


def test_the_pages_are_good_roff(prefix: Path) -> None:
    for path in sorted((prefix / "share/man/man1").iterdir()):
        if shutil.which("mandoc") is None:
            pytest.skip("mandoc is not installed here")
        roff = gzip.decompress(path.read_bytes())
        done = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=roff, capture_output=True, check=False)
        said = [line for line in done.stdout.decode().splitlines() if "missing date" not in line]
        assert not said, path.name


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that finds this checkout's program under its name."""
    starter = tmp_path_factory.mktemp("bin") / "sweeper"
    starter.write_text(f"#!{sys.executable}\nfrom sweeper.cli import main\nmain()\n")
    starter.chmod(0o755)
    path = f"{starter.parent}{os.pathsep}{os.environ['PATH']}"
    checkout = str(Path(__file__).parents[2])
    return {**os.environ, "PATH": path, "PYTHONPATH": checkout, "SWEEPER_LANGUAGE": "en", "TERM": "dumb"}


def answers(shell: list[str], environment: dict[str, str]) -> str:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed here")
    done = subprocess.run(shell, capture_output=True, text=True, check=True, timeout=300, env=environment)
    return done.stdout


ASK = """
. {script}
complete -p sweeper >/dev/null || exit 1
COMP_WORDS=(sweeper re); COMP_CWORD=1; _sweeper_completion {starter}; echo "${{COMPREPLY[@]}}"
COMPREPLY=()
COMP_WORDS=(sweeper replay --ea); COMP_CWORD=2; _sweeper_completion {starter}; echo "${{COMPREPLY[@]}}"
"""


def test_bash_completes_commands_and_options(prefix: Path, asked: dict[str, str]) -> None:
    """The script is loaded by a real bash, which then asks the program."""
    ask = ASK.format(script=prefix / "share/bash-completion/completions/sweeper", starter="sweeper")
    first, second = answers(["bash", "-c", ask], asked).splitlines()[:2]
    assert {"replay", "report", "reference"} <= set(first.split())
    assert second.split() == ["--each"]


def test_fish_completes_with_the_whole_help(prefix: Path, asked: dict[str, str]) -> None:
    script = prefix / "share/fish/vendor_completions.d/sweeper.fish"
    ask = f"source {script}; complete -C 'sweeper re'; echo =; complete -C 'sweeper replay --ea'"
    commands, _, options = answers(["fish", "--no-config", "-c", ask], asked).partition("=\n")
    told = dict(line.split("\t") for line in commands.splitlines())
    assert {"replay", "report", "reference"} <= set(told)
    assert "," in told["replay"], "the comma of its help did not end it"
    assert options.startswith("--each\t")


TYPED = """
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "fpath=({folder} \\$fpath); autoload -U compinit; compinit -u -D; echo READY"
zpty -r shell said '*READY*READY*'
zpty -w -n shell $'sweeper repl\\t'
zpty -r shell said '*sweeper replay *' && echo command
zpty -w -n shell $'--ea\\t'
zpty -r shell said '*--each *' && echo option
zpty -d shell
"""


def test_zsh_completes_what_is_typed(prefix: Path, asked: dict[str, str], tmp_path: Path) -> None:
    """A real zsh at a terminal of its own, with the tabulator pressed, and pressed again."""
    script = tmp_path / "typed.zsh"
    script.write_text(TYPED.format(folder=prefix / "share/zsh/site-functions"))
    assert answers(["zsh", "-f", str(script)], asked).split() == ["command", "option"]


@pytest.mark.parametrize(
    ("shell", "path"),
    [("zsh", "zsh/site-functions/_sweeper"), ("fish", "fish/vendor_completions.d/sweeper.fish")],
)
def test_other_shells_read_their_script(prefix: Path, shell: str, path: str) -> None:
    done = tool(shell, "-n", str(prefix / "share" / path))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_reference_has_every_command_and_no_open_table() -> None:
    text = reference.markdown()
    for command in every_command():
        assert re.search(rf"^#+ {re.escape(command.path)}$", text, re.MULTILINE), command.path
    assert all(
        line.count("|") - line.count("\\|") == 3 for line in text.splitlines() if line.startswith("| `")
    )
