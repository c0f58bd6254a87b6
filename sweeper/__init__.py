"""sweeper finds hidden surveillance devices by what they transmit. It only receives."""

import os

__version__ = "0.1.0"

# The matrices here are small: a second thread of OpenBLAS costs three times the work it saves, and sums made
# by one thread always add up alike. Read when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
