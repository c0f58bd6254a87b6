"""Benchmarks. The program is loaded first: it tells OpenBLAS to use one thread, which NumPy reads when it is
loaded, so that what is measured is what runs."""

import sweeper  # noqa: F401
