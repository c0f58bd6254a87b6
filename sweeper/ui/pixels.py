"""Bins onto the pixel columns of a screen, so that the strongest of them is never lost. No Qt.

A column of pixels that covers several bins takes the strongest (or the weakest) of all of them, a column that
covers less than one takes the bin it lies in. Which bins a column covers is worked out once for a view; then
a row of 4,096 bins costs as many short passes as a column has bins, far less than reducing each column.

    bins     0 1 2 3 4 5 6 7 8 9         starts 0 3 6: three columns of three, three and four bins
    passes   0     3     6               the index of pass k is start + k, held within its column
               1     4     7
                 2     5     8
                 2     5       9
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Pixels:
    """Columns of pixels ``0 .. width - 1`` over bins that may begin and end outside of them.

    ``first`` is where the left edge of bin 0 lies, in columns, and ``per`` how many columns a bin takes.
    ``left .. right - 1`` are the columns that bins reach.
    """

    def __init__(self, bins: int, first: float, per: float, width: int) -> None:
        self.left = int(np.clip(np.floor(first + 0.5), 0, width))
        self.right = int(np.clip(np.floor(first + bins * per + 0.5), self.left, width))
        edges = (np.arange(self.left, self.right + 1) - first) / per
        # The bin in whose middle, or after it, a column begins; a thin column lies within one.
        starts = np.clip(np.floor(edges + 1e-6), 0, bins - 1).astype(np.int64)
        begins, ends = starts[:-1], np.maximum(starts[:-1] + 1, starts[1:])
        if len(begins):  # half a column at either end is no column, but its bins are to be seen
            begins[0] = 0 if first >= 0 else begins[0]
            ends[-1] = bins if first + bins * per <= width else max(ends[-1], int(np.ceil(edges[-1] - 1e-6)))
        deepest = int((ends - begins).max()) if len(begins) else 0
        self._passes = [np.minimum(begins + turn, ends - 1) for turn in range(deepest)]

    @property
    def columns(self) -> int:
        return self.right - self.left

    def strongest(self, levels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The greatest of each column's bins, the last axis of ``levels``; NaN only where all are."""
        made = levels[..., self._passes[0]]
        for each in self._passes[1:]:
            np.fmax(made, levels[..., each], out=made)
        return made

    def weakest(self, levels: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The least of each column's bins, otherwise alike."""
        made = levels[..., self._passes[0]]
        for each in self._passes[1:]:
            np.fmin(made, levels[..., each], out=made)
        return made
