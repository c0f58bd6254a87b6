"""``sweeper signatures``: exit codes and one clear line, as a person meets them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from sweeper import cli
from sweeper.cli import main
from tests.test_signatures import GOOD, put


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data" / "sweeper" / "signatures" / "local"


def test_a_list_goes_in_and_is_used(
    tmp_path: Path, own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "watch.csv"
    table.write_text("what,how,value,title\nssid,starts_with,OWNCAM-,Own camera\n")
    assert main(["--lang", "en", "signatures", "import", str(table)]) == cli.OK
    assert "1 signature written" in capsys.readouterr().out
    assert [p.name for p in own_home.rglob("*.toml")] == ["list-own-camera-wifi.toml"]
    assert main(["--lang", "en", "signatures", "list"]) == cli.OK
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "list-own-camera-wifi" in line]
    assert "local" in row


@pytest.mark.parametrize("content", [b"{", b'{"version": 2, "signatures": []}', b"\xff\xfe", b"hello\n"])
def test_what_is_no_list_is_one_line(
    tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert main(["--lang", "en", "signatures", "import", str(path)]) == cli.UNREADABLE
    shown = capsys.readouterr().err
    assert len(shown.splitlines()) == 1
    assert str(path) in shown


@pytest.mark.parametrize("format_", ["airhound", "kismet", "csv", "stix"])
def test_every_export_writes_a_file(tmp_path: Path, format_: str) -> None:
    out = tmp_path / "out"
    assert main(["--lang", "en", "signatures", "export", str(out), "--format", format_]) == cli.OK
    text = out.read_text(encoding="utf-8")
    assert text.count("\n") > 5
    if format_ in ("airhound", "stix"):
        json.loads(text)


def test_check_fails_on_a_bad_example_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "own", GOOD.replace('"ble.name" = "xy"', '"ble.name" = "no"'))
    words = ["--lang", "en", "signatures", "check", "--examples", "--signatures", str(tmp_path / "own")]
    assert main(words) == cli.UNREADABLE
    assert "not matched" in capsys.readouterr().err


def test_check_gives_the_proof_as_json(tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    assert main(["--lang", "en", "signatures", "check", "--examples", "--json", str(out)]) == cli.OK
    proof = json.loads(out.read_text(encoding="utf-8"))
    assert proof["problems"] == []
    assert all(row["near_miss"]["distance"] >= 1 for row in proof["signatures"])


def test_about_tells_versions_and_dates(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "signatures", "about"]) == cli.OK
    shown = capsys.readouterr().out
    assert "IEEE address blocks: 53082, 2026-08-26" in shown
    assert "companies" in shown


def test_plugins_lists_the_built_in_ones_with_their_origin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "plugins"]) == cli.OK
    rows = capsys.readouterr().out.splitlines()
    (row,) = [line for line in rows if " ble-follow " in line]
    assert "sweeper 0" in row


def test_one_made_of_an_advert_stays_private(tmp_path: Path, own_home: Path) -> None:
    words = ["--ble", "0609535059333721", "--ble", "06095350593337 22".replace(" ", "")]
    told = ["--title", "Aigerim's beacon", "--id", "aigerim", "--cause", "a toy", "--cause", "a test"]
    assert main(["--lang", "en", "signatures", "make", *words, *told]) == cli.OK
    assert (own_home / "ble" / "aigerim.toml").is_file()
    out = tmp_path / "out.json"
    for more, there in (([], False), (["--own"], True)):
        export = ["signatures", "export", str(out), "--format", "airhound", *more]
        assert main(["--lang", "en", *export]) == cli.OK
        assert ("Aigerim" in out.read_text(encoding="utf-8")) is there
    key = tmp_path / "key"
    assert main(["--lang", "en", "signatures", "newkey", str(key)]) == cli.OK
    bundle = tmp_path / "b.zip"
    packing = ["signatures", "build", str(bundle), "--version", "1", "--key", f"{key}.key"]
    assert main(["--lang", "en", *packing]) == cli.OK
    assert b"aigerim" not in bundle.read_bytes()


def test_show_tells_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "signatures", "show", "dropcam"]) == cli.OK
    shown = capsys.readouterr().out
    assert shown.startswith("dropcam 2, stable")
    for part in ("all of", "It may also be", "What next", "Met in: wifi_taxonomy"):
        assert part in shown
    assert main(["--lang", "en", "signatures", "show", "nothing"]) == cli.UNREADABLE


def test_a_bundle_comes_from_a_url_only_where_the_user_typed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key, bundle = tmp_path / "key", tmp_path / "b.zip"
    asked: list[str] = []

    def answer(url: str, timeout: float) -> io.BufferedReader:
        asked.append(url)
        return (tmp_path / url.rpartition("/")[2]).open("rb")

    monkeypatch.setattr("urllib.request.urlopen", answer)
    for words in (
        ["newkey", str(key)],
        ["trust", f"{key}.pub"],
        ["build", str(bundle), "--version", "1", "--key", f"{key}.key"],
        ["install", str(bundle)],
        ["about"],
    ):
        assert main(["--lang", "en", "signatures", *words]) == cli.OK, words
    assert asked == [], "a file needs no network"
    assert "bundle 1" in capsys.readouterr().out
    build = ["build", str(bundle), "--version", "2", "--key", f"{key}.key"]
    assert main(["--lang", "en", "signatures", *build]) == cli.OK
    assert main(["--lang", "en", "signatures", "install", "https://example.org/b.zip"]) == cli.OK
    assert asked == ["https://example.org/b.zip", "https://example.org/b.zip.minisig"]
    assert main(["--lang", "en", "signatures", "install", "http://example.org/b.zip"]) == cli.UNREADABLE
    assert len(asked) == 2, "an address without encryption is not fetched"
