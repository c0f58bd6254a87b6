"""Completion scripts for bash, zsh and fish, as click writes them; the shell asks the program itself."""

from __future__ import annotations

from click.shell_completion import get_completion_class

from sweeper.cli.app import app

FILES = {
    "bash": "bash-completion/completions/sweeper",
    "zsh": "zsh/site-functions/_sweeper",
    "fish": "fish/vendor_completions.d/sweeper.fish",
}
"""Where each shell looks, under ``share``."""

MENDS = {
    "bash": ("", ""),
    "zsh": ("== loadautofunc", "== (loadautofunc|shfunc)"),
    "fish": ('string split ","', 'string split --max 1 ","'),
}
"""What click's scripts say and ours say instead. In zsh its own does not answer the second tabulator: the
function is no longer being loaded then. In fish its own ends a command's help at the first comma."""


def scripts() -> dict[str, str]:
    """Path under ``share`` -> script."""
    return {path: _script(shell) for shell, path in FILES.items()}


def _script(shell: str) -> str:
    kind = get_completion_class(shell)
    assert kind is not None, shell
    made = kind(app, {}, "sweeper", "_SWEEPER_COMPLETE")
    # source() of bash would start bash to ask its age
    script = made.source_template % made.source_vars() + "\n"
    return script.replace(*MENDS[shell])
