"""Bundles: the same bytes twice, verified by the real minisign, and every trick refused in one line."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.bundles import bundle, minisign
from sweeper.bundles import install as installing
from sweeper.bundles.bundle import BundleError, build, read
from sweeper.bundles.install import folders, install, installed, trust
from sweeper.errors import SweeperError
from sweeper.records import Level
from sweeper.signatures import Library
from tests.test_signatures import GOOD, put

SECRET = minisign.SecretKey(bytes(range(8)), bytes(range(32)))
DAY = dt.date(2026, 11, 22)
EXAMPLE = GOOD


@pytest.fixture
def library(tmp_path: Path) -> Library:
    put(tmp_path / "source", EXAMPLE)
    return Library.load(tmp_path / "source")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A home that trusts our key."""
    (tmp_path / "key.pub").write_text(minisign.write_public(minisign.public(SECRET)))
    trust(tmp_path / "key.pub", tmp_path / "home")
    return tmp_path / "home"


def made(library: Library, version: int = 1, expires: dt.date = dt.date(2027, 1, 1)) -> tuple[bytes, str]:
    data = build(library, version, DAY, expires, "0.1.0")
    return data, minisign.sign(data, SECRET, f"version {version}")


def test_the_same_signatures_give_the_same_bytes(library: Library) -> None:
    assert made(library)[0] == made(library)[0]


def test_install_swap_and_no_rollback(library: Library, root: Path) -> None:
    manifest, warnings = install(*made(library, 3), DAY, root)
    assert manifest.version == 3
    assert warnings == ["signed by key 0706050403020100"]
    assert [s.id for s in Library.load(*folders(root)).signatures] == ["example"]
    for version in (3, 2):
        with pytest.raises(BundleError, match="not newer"):
            install(*made(library, version), DAY, root)
    install(*made(library, 4), DAY, root)
    found = installed(root)
    assert found is not None
    assert found.version == 4
    assert (root / "previous" / "manifest.json").is_file()
    assert sorted(p.name for p in root.iterdir()) == ["current", "highest", "keys", "previous"]


def test_an_expired_bundle_is_a_warning(library: Library, root: Path) -> None:
    _, warnings = install(*made(library, expires=dt.date(2026, 11, 21)), DAY, root)
    assert any("expired" in line for line in warnings)


def test_an_expired_bundle_that_was_just_fetched_is_refused(library: Library, root: Path) -> None:
    with pytest.raises(BundleError, match="expired on 2026-11-21"):
        install(*made(library, expires=dt.date(2026, 11, 21)), DAY, root, online=True)
    assert installed(root) is None


def test_no_way_back_even_where_the_installed_one_is_gone(library: Library, root: Path) -> None:
    install(*made(library, 3), DAY, root)
    (root / "current" / "manifest.json").write_text("{")
    with pytest.raises(BundleError, match="not newer than the installed 3"):
        install(*made(library, 2), DAY, root)
    shutil.rmtree(root / "current")
    with pytest.raises(BundleError, match="not newer"):
        install(*made(library, 3), DAY, root)


def test_a_crash_between_the_renames_leaves_the_previous_one_in_use(library: Library, root: Path) -> None:
    install(*made(library, 1), DAY, root)
    (root / "current").rename(root / "previous")
    assert [p.name for p in folders(root)] == ["previous"]
    assert Library.load(*folders(root)).bundle == 1
    install(*made(library, 2), DAY, root)
    assert Library.load(*folders(root)).bundle == 2


def test_a_failed_installation_changes_nothing(tmp_path: Path, library: Library, root: Path) -> None:
    install(*made(library, 1), DAY, root)
    before = {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    put(tmp_path / "bad", EXAMPLE.replace('level = "low"', 'level = "confirmed"'))
    bad = {"ble/example.toml": (tmp_path / "bad" / "ble" / "example.toml").read_bytes()}
    data = repacked(made(library, 2)[0], bad)
    with pytest.raises(BundleError, match=r"own check fails: .*level"):
        install(data, minisign.sign(data, SECRET, ""), DAY, root)
    assert {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def repacked(data: bytes, files: dict[str, bytes]) -> bytes:
    """The bundle with other files, its manifest made to fit: what a careless signer could build."""
    manifest, content = read(data)
    content = {**content, **files}
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in content.items()}
    fitting = msgspec.structs.replace(manifest, files=digests)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", msgspec.json.encode(fitting))
        for name, text in content.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_a_pinned_key_is_trusted(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "PINNED", tmp_path / "pinned")
    (tmp_path / "pinned").mkdir()
    data, signature = made(library)
    with pytest.raises(minisign.SignatureRefusedError, match="not trusted"):
        install(data, signature, DAY, tmp_path / "home")
    (tmp_path / "pinned" / "release.pub").write_text(minisign.write_public(minisign.public(SECRET)))
    manifest, _warnings = install(data, signature, DAY, tmp_path / "home")
    assert manifest.version == 1


def test_the_users_own_override_by_id_and_say_that_they_are_unsigned(library: Library, root: Path) -> None:
    install(*made(library, 7), DAY, root)
    put(root / "local", EXAMPLE.replace("version = 1", "version = 0").replace('"low"', '"info"'))
    used = Library.load(*folders(root))
    assert used.by_id["example"].level is Level.INFO
    assert used.local == {"example"}
    assert "bundle 7" in used.version
    assert "1 local and unsigned" in used.version


def test_a_changed_byte_an_unknown_key_and_a_changed_comment_are_refused(
    library: Library, root: Path
) -> None:
    data, signature = made(library)
    with pytest.raises(minisign.SignatureRefusedError, match="was changed"):
        install(data[:-1] + bytes([data[-1] ^ 1]), signature, DAY, root)
    with pytest.raises(minisign.SignatureRefusedError, match="was changed"):
        install(data, signature.replace("version 1", "version 9"), DAY, root)
    other = minisign.SecretKey(b"otherkey", bytes(32))
    with pytest.raises(minisign.SignatureRefusedError, match="not trusted"):
        install(data, minisign.sign(data, other, ""), DAY, root)
    same_id = minisign.SecretKey(SECRET.key_id, bytes(32))
    with pytest.raises(minisign.SignatureRefusedError, match="was changed"):
        install(data, minisign.sign(data, same_id, ""), DAY, root)


def test_a_signature_that_fails_its_own_example_is_refused(tmp_path: Path, root: Path) -> None:
    put(tmp_path / "bad", EXAMPLE.replace('"ble.name" = "xy"', '"ble.name" = "no"'))
    with pytest.raises(BundleError, match="own check fails"):
        install(*made(Library.load(tmp_path / "bad")), DAY, root)
    assert installed(root) is None


def test_a_bundle_for_a_newer_program_is_refused(library: Library, root: Path) -> None:
    data = build(library, 1, DAY, DAY, "99.0")
    with pytest.raises(BundleError, match=r"needs sweeper 99\.0"):
        install(data, minisign.sign(data, SECRET, ""), DAY, root)


TRICKS = [
    *("ble/", "ble/A.toml", "ble/con.toml", "ble/...toml", "ble/٣.toml", "BLE/a.toml", "ble/a.toml/b.toml"),
    "../evil.toml",
    "/etc/x.toml",
    "ble/../../x.toml",
    "ble\\x.toml",
    "x/y.toml",
    "ble/a b.toml",
]


@pytest.mark.parametrize("name", TRICKS)
def test_path_tricks_are_refused(name: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", "{}")
        archive.writestr(zipfile.ZipInfo(name), "x")
    with pytest.raises(BundleError, match="no bundle has"):
        read(packed.getvalue())


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": 2**31},
        {"minimum": "abc"},
        {"files": {}},
        {"more": 1},
        {"expires": "never"},
    ],
    ids=str,
)
def test_a_manifest_that_says_nonsense_is_refused(library: Library, change: dict[str, object]) -> None:
    data, _signature = made(library)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        manifest = msgspec.json.decode(archive.read("manifest.json"))
        text = archive.read("ble/example.toml")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", msgspec.json.encode({**manifest, **change}))
        archive.writestr("ble/example.toml", text)
    with pytest.raises(BundleError, match=r"manifest\.json|not in both"):
        read(packed.getvalue())


LINK = 0o120777
Entry = tuple[str, int, int]
"""Name, kind and rights, packing."""
EXAMPLE_FILE: Entry = ("ble/example.toml", 0, zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("entries", "added", "line"),
    [
        ([EXAMPLE_FILE], b"\n", "changed since the bundle was made"),
        ([EXAMPLE_FILE, EXAMPLE_FILE], b"", "stands twice"),
        ([(EXAMPLE_FILE[0], 0, zipfile.ZIP_DEFLATED)], b"", "compressed or a link"),
        ([(EXAMPLE_FILE[0], LINK, zipfile.ZIP_STORED)], b"", "compressed or a link"),
        ([EXAMPLE_FILE, ("ble/other.toml", 0, zipfile.ZIP_STORED)], b"", "not in both"),
        ([], b"", "not in both"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_the_manifest_does_not_vouch_for_is_refused(
    library: Library, entries: list[Entry], added: bytes, line: str
) -> None:
    with zipfile.ZipFile(io.BytesIO(made(library)[0])) as archive:
        manifest, text = archive.read("manifest.json"), archive.read("ble/example.toml")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("manifest.json", manifest)
        for name, kind, packing in entries:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr, entry.compress_type = 3, kind << 16, packing
            archive.writestr(entry, text + added)
    with pytest.raises(BundleError, match=line):
        read(packed.getvalue())


def test_nonsense_is_not_built(library: Library) -> None:
    for empty, minimum in ((Library([]), "0.1.0"), (library, "abc")):
        with pytest.raises(BundleError, match="not built"):
            build(empty, 1, DAY, DAY, minimum)


def test_what_stands_before_or_after_the_archive_is_refused(library: Library) -> None:
    data, _signature = made(library)
    assert read(data)[0].version == 1
    for odd in (b"#!/bin/sh\n" + data, data[:-2] + b"\x03\x00odd"):
        with pytest.raises(BundleError, match="before or after"):
            read(odd)


def test_a_compressed_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ble/a.toml", bytes(80 << 20))
    with pytest.raises(BundleError, match="larger"):
        read(packed.getvalue())


def test_more_files_than_a_bundle_has_are_refused(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    data, _signature = made(library)
    files = len(read(data)[1]) + 1  # and its manifest
    monkeypatch.setattr(bundle, "MOST_FILES", files)
    assert read(data)
    monkeypatch.setattr(bundle, "MOST_FILES", files - 1)
    with pytest.raises(BundleError, match="larger"):
        read(data)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_with_a_line(data: bytes) -> None:
    with pytest.raises(BundleError):
        read(data)


@settings(max_examples=200)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_no_flipped_byte_reads_as_another_bundle(position: int, mask: int) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("ble/a.toml"), EXAMPLE)
    data = bytearray(packed.getvalue())
    data[position % len(data)] ^= mask
    with pytest.raises(SweeperError):
        read(bytes(data))


@pytest.mark.skipif(shutil.which("minisign") is None, reason="the minisign tool is not installed")
def test_the_public_minisign_tool_verifies_ours_and_we_verify_its(library: Library, tmp_path: Path) -> None:
    data, signature = made(library)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(data)
    (tmp_path / "bundle.zip.minisig").write_text(signature)
    key = minisign.public(SECRET)
    packed = base64.b64encode(b"Ed" + key.key_id + key.key).decode()
    done = subprocess.run(
        ["minisign", "-Vm", str(bundle), "-P", packed], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "version 1" in done.stdout
    bundle.write_bytes(data + b"x")
    assert subprocess.run(
        ["minisign", "-Vm", str(bundle), "-P", packed], capture_output=True, check=False
    ).returncode

    pub, sec = tmp_path / "their.pub", tmp_path / "their.key"
    subprocess.run(["minisign", "-G", "-W", "-p", str(pub), "-s", str(sec)], capture_output=True, check=True)
    subprocess.run(
        ["minisign", "-Sm", str(bundle), "-s", str(sec), "-t", "theirs"], capture_output=True, check=True
    )
    theirs = minisign.read_public(pub.read_text())
    text = (tmp_path / "bundle.zip.minisig").read_text()
    assert minisign.verify(data + b"x", text, [theirs]) == (theirs, "theirs")
