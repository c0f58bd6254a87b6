"""Bytes in, values out. Every parser raises only ``ProtocolError`` and never reads past its bytes."""
