"""Which Bluetooth devices were heard."""

from __future__ import annotations

from sweeper.detectors.ble_identity import Identity, identify

__all__ = ["Identity", "identify"]
