"""Where a job, a session and a report meet: what the command line and the window both do with a job.

Jobs know no report, reports know no job, sessions know neither; this floor joins them and has no face of
its own.

    keeping.py     a sweep kept in a job: sinks for results, spectra, packets, and IQ where the user agreed
    spectra.py     spectra, waterfalls and signal strengths in the store and back
    chapters.py    what a job brings to its report, in the reader's language
    writing.py     a job's report in any format, pseudonymised, filed in the audit log
    papers.py      notice, consent, replies, custody form, certificate, licensor's report
    inspection.py  the register of jobs and the inspection pack
    reproduce.py   recorded evidence through the pipeline again
"""
