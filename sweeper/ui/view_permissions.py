"""Permissions: what this user may not use yet, and the lines that change it. Nothing is run by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QVBoxLayout, QWidget

from sweeper.ui.flow import Flow
from sweeper.ui.parts import button, card, column, label, plain, prose, scrolled
from sweeper.ui.theme import GRID
from sweeper.ui.words import _, told

if TYPE_CHECKING:
    from sweeper.ui.desk import Desk

RULES_NAME = "70-sweeper-sdr.rules"

USB = (
    ("0bda", "2832", "RTL2832U"),
    ("0bda", "2838", "RTL2838"),
    ("1d50", "6089", "HackRF One"),
    ("1d50", "60a1", "Airspy"),
    ("03eb", "800c", "Airspy HF+"),
)
"""Vendor, product and name of common receivers (usb.ids; osmocom's and the makers' own rules files)."""


def rules() -> str:
    """The udev rules: whoever sits at the computer may use these receivers, nobody else."""
    lines = ["# sweeper: receivers for the user at this computer (systemd uaccess)."]
    for vendor, product, name in USB:
        lines.append(
            f'SUBSYSTEM=="usb", ATTRS{{idVendor}}=="{vendor}", ATTRS{{idProduct}}=="{product}", '
            f'MODE="0660", TAG+="uaccess"  # {name}'
        )
    return "\n".join(lines) + "\n"


def blocks() -> list[tuple[str, str, str]]:
    """``(title, what it does, the lines)``."""
    from sweeper.radio.inventory import KERNEL_DRIVER

    return [
        (
            _("Radio receivers"),
            _("Lets the user at this computer use the dongle. Plug it in again afterwards."),
            f"sudo cp {RULES_NAME} /etc/udev/rules.d/\n"
            "sudo udevadm control --reload-rules\nsudo udevadm trigger",
        ),
        (
            _("The television driver"),
            _("The kernel takes a dongle for a television stick. This leaves it to sweeper."),
            f"echo 'blacklist {KERNEL_DRIVER}' | sudo tee /etc/modprobe.d/blacklist-rtl28xxu.conf\n"
            f"sudo modprobe -r {KERNEL_DRIVER}",
        ),
        (
            _("Wi-Fi in monitor mode"),
            _(
                "The window never runs as administrator. A small separate program reads the frames and hands "
                "them over; this lets you start it without a password. Do so only where its file belongs to "
                "root: whoever can change the file could use the right. Then tick the helper with its source."
            ),
            'echo "$USER ALL=(root) NOPASSWD: $(command -v sweeper-capture)" | '
            "sudo tee /etc/sudoers.d/sweeper-capture",
        ),
        (
            _("Bluetooth"),
            _("Starts the system's Bluetooth service and switches the adapter on."),
            "sudo systemctl enable --now bluetooth\nbluetoothctl power on",
        ),
    ]


class PermissionsView(QWidget):
    """One card for each thing that may be in the way."""

    def __init__(self, desk: Desk, show_view: Callable[[str], object]) -> None:
        super().__init__()
        self.setAccessibleName(_("Permissions"))
        self._desk = desk
        style = desk.style
        body = column(
            label(_("Permissions"), size="title"),
            prose(
                _("Copy the lines into a terminal. sweeper never asks for a password and runs none of them."),
                style,
                tone="muted",
            ),
            margin=GRID * 2,
        )
        for title, text, lines in blocks():
            body.addWidget(self._card(title, text, lines))
        body.addLayout(
            Flow(
                button(_("Save the rules file…"), self._save, style, primary=True),
                button(_("Look again"), desk.look_around, style, icon="reset"),
                button(_("Back to the sources"), lambda: show_view("sources"), style, quiet=True),
            )
        )
        body.addStretch(1)
        inner = plain(body)
        inner.setMaximumWidth(style.px(860))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(inner, _("Permissions")))

    def _card(self, title: str, text: str, lines: str) -> QWidget:
        style = self._desk.style
        shown = QPlainTextEdit(lines)
        shown.setReadOnly(True)
        shown.setTabChangesFocus(True)
        shown.setAccessibleName(title)
        shown.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        shown.setFixedHeight(style.px(26 * (lines.count("\n") + 2)))
        copy = button(_("Copy"), lambda: QGuiApplication.clipboard().setText(lines), style, quiet=True)
        copy.setAccessibleName(_("Copy: {what}").format(what=title))
        body = column(label(title, size="section"), prose(text, style), shown, Flow(copy), spacing=GRID // 2)
        body.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID)
        return card(body)

    def _save(self) -> None:
        path, _kind = QFileDialog.getSaveFileName(self, _("Save the rules file"), RULES_NAME, "*.rules")
        if path:
            self.save(Path(path))

    def save(self, path: Path) -> None:
        """Write the rules file."""
        try:
            path.write_text(rules(), "utf-8")
        except OSError as problem:
            self._desk.say(_("The file could not be written."), told(problem), _("Choose another place."))
            return
        self._desk.say(
            _("The rules file is saved."), str(path), _("Now copy the first lines into a terminal.")
        )
