"""Installing a bundle: verified first, swapped in by one rename, the previous one kept.

<data>/signatures/current/    the installed files, with manifest.json
<data>/signatures/previous/   what was there before
<data>/signatures/local/      the user's own, unsigned, which override by id
<data>/signatures/keys/       public keys that the user trusts, one minisign ``.pub`` file each
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

import msgspec
import platformdirs

from sweeper import __version__
from sweeper.bundles import minisign
from sweeper.bundles.bundle import MANIFEST, BundleError, Manifest, read
from sweeper.errors import InputError
from sweeper.signature_check import check_examples
from sweeper.signatures import Library


def home() -> Path:
    """Where installed and own signatures live, by the system's convention."""
    return Path(platformdirs.user_data_dir("sweeper", appauthor=False)) / "signatures"


def folders(root: Path | None = None) -> list[Path]:
    """The folders to load after the built-in one: the installed bundle, then the user's own."""
    base = root or home()
    return [path for path in (base / "current", base / "local") if path.is_dir()]


def trusted_keys(root: Path | None = None) -> list[minisign.PublicKey]:
    """The keys that the user put there. A file that is no key is refused by name."""
    keys = []
    for path in sorted(((root or home()) / "keys").glob("*.pub")):
        try:
            keys.append(minisign.read_public(path.read_text(encoding="utf-8")))
        except (minisign.SignatureRefusedError, OSError, UnicodeDecodeError) as error:
            raise InputError(str(path), str(error)) from None
    return keys


def trust(path: Path, root: Path | None = None) -> minisign.PublicKey:
    """Trust the key of a ``.pub`` file from now on."""
    try:
        key = minisign.read_public(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), str(error)) from None
    folder = (root or home()) / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{key.name}.pub").write_text(minisign.write_public(key), encoding="utf-8")
    return key


def installed(root: Path | None = None) -> Manifest | None:
    """The manifest of the installed bundle."""
    try:
        return msgspec.json.decode(((root or home()) / "current" / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None


def install(
    data: bytes, signature: str, today: dt.date, root: Path | None = None
) -> tuple[Manifest, list[str]]:
    """Verify and install; the manifest and warnings for the user. Raises one clear line otherwise."""
    base = root or home()
    key, _comment = minisign.verify(data, signature, trusted_keys(base))
    manifest, content = read(data)
    before = installed(base)
    if before is not None and manifest.version <= before.version:
        raise BundleError(f"version {manifest.version} is not newer than the installed {before.version}")
    if _numbers(manifest.minimum) > _numbers(__version__):
        raise BundleError(f"it needs sweeper {manifest.minimum} or newer; this is {__version__}")
    base.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=base))
    try:
        for name, text in content.items():
            (fresh / name).parent.mkdir(exist_ok=True)
            (fresh / name).write_bytes(text)
        (fresh / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        library = Library.load(fresh)
        problems = [str(problem) for problem in library.problems] or check_examples(library)
        if problems:
            raise BundleError(f"its own check fails: {problems[0]}")
        _swap(base, fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    warnings = [f"signed by key {key.name}"]
    if manifest.expires < today:
        warnings.append(f"it expired on {manifest.expires.isoformat()}: look for a newer one")
    return manifest, warnings


def _swap(base: Path, fresh: Path) -> None:
    current, previous = base / "current", base / "previous"
    if current.exists():
        shutil.rmtree(previous, ignore_errors=True)
        current.rename(previous)
    fresh.rename(current)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
