"""What the documentation shows is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from sweeper.signatures import OPERATORS, Signature

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "tests" / "plugin_example"


def blocks() -> list[str]:
    """The Python and TOML blocks of the page on extending."""
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    return [text for _language, text in re.findall(r"```(python|toml)\n(.*?)```", page, re.DOTALL)]


@pytest.mark.parametrize("block", blocks(), ids=lambda text: text.splitlines()[0][:40])
def test_every_block_of_the_page_stands_so_in_the_example_package(block: str) -> None:
    files = [p for p in EXAMPLE.rglob("*") if p.suffix in (".py", ".toml")]
    assert any(block.strip() in path.read_text(encoding="utf-8") for path in files)


def test_every_key_and_operator_of_a_signature_is_documented() -> None:
    page = (ROOT / "docs" / "signatures.md").read_text(encoding="utf-8")
    for field in msgspec.structs.fields(Signature):
        if field.name not in ("medium", "origin", "match", "examples"):
            assert f"`{field.encode_name}`" in page, field.name
    for operator in OPERATORS:
        assert f"`{operator}" in page, operator
