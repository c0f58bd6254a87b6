"""Thousands of recordings: a results document for each, and one table over all.

    units.plan(folders)  ->  Unit…        what is to be done, in order; long samples in overlapping pieces
    work.analyse(unit)   ->  document     in any process, on any machine that sees the files
    merge.joined(pieces) ->  document     pieces of one recording, each burst once
    run.run(units, …)    ->  Tally        workers, a log of what is done, what failed and why
    table.build(folder)  ->  SQLite       every input, emission, device and finding as rows

A document depends on its recording, the program and the signatures only, so the number of workers,
their order and a kill half-way change nothing.
"""
