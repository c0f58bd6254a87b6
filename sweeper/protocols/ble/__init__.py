"""Bluetooth Low Energy: bytes in, values out. No file, clock or driver.

``ad`` reads and writes AD structures, ``address`` tells the kinds of addresses, ``facts`` turns one
advertisement into the named facts that signatures match on, ``link`` and ``hci`` take advertisements out of
captured packets. The other files decode one family of payloads each.
"""
