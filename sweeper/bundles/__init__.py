"""Signature bundles: one signed file with all signatures, made, verified and installed.

    bundle.zip            manifest.json and the TOML files, stored, sorted, with a fixed time: the same
                          signatures give the same bytes
    bundle.zip.minisig    ed25519 over BLAKE2b-512 of the bundle, in minisign's format

What is installed must be signed by a key that the user trusts, newer than what is there, whole, and pass its
own examples; then it is swapped in by one rename and the previous one is kept. Nothing here opens a network
connection; the command line fetches a URL only where the user gave one.
"""
