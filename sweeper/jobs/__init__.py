"""A job: one engagement in one folder, with purpose, permission, sweeps, verdicts, evidence and report.

    job/
      job.sqlite      everything that is said and decided (WAL; nothing older than five seconds is lost)
      recordings/     SigMF, pcapng, JSON lines; read-only once sealed
      photos/  reports/
      manifest.json   SHA-512 of every file, chained to the audit log, with an ed25519 signature beside it

The program proposes, a named person decides; every act goes into a hash-chained audit log. Nothing leaves
the folder unless the user exports it, and then other people's identifiers are pseudonyms.
"""
