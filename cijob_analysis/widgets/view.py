"""What the parts of a dashboard draw: the rows of one level, and which of them are selected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cijob_analysis import schema

if TYPE_CHECKING:
    from datetime import tzinfo

    from numpy.typing import NDArray

    from cijob_analysis.snapshot import Snapshot
    from cijob_analysis.widgets.rows import Rows
    from cijob_analysis.widgets.selection import Selection


@dataclass(frozen=True, eq=False)
class View:
    """The rows of a level under a selection.

    Attributes
    ----------
    rows : Rows
        All rows of the level.
    selection : Selection
        The filters that are set.
    zone : datetime.tzinfo
        Zone in which times are shown.
    snapshot : Snapshot or None
        All levels, if they are known.
    """

    rows: Rows
    selection: Selection
    zone: tzinfo
    snapshot: Snapshot | None = None

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Which rows are selected."""
        return self.rows.mask(self.selection)

    @cached_property
    def selected(self) -> pd.DataFrame:
        """The selected rows; the frame itself if that is all of them."""
        return self.without()

    def without(self, *filters: str) -> pd.DataFrame:
        """Return the rows that pass all filters but those named."""
        mask = self.rows.mask(self.selection, without=filters) if filters else self.mask
        frame = self.rows.frame
        return frame if mask.all() else frame.take(np.flatnonzero(mask))

    @property
    def noun(self) -> str:
        """What a row is called."""
        return schema.noun_of(self.rows.frame)

    def selected_with_names(self) -> pd.DataFrame | Snapshot:
        """Return what is selected with the names that the snapshot knows, for pictures that show them."""
        from cijob_analysis.snapshot import Snapshot

        if self.snapshot is None:
            return self.selected
        level = next(level for level in schema.LEVELS if schema.KEYS[level] == self.rows.key)
        return Snapshot(**{level: self.selected}, workflows=self.snapshot.workflows, as_of=self.snapshot.as_of)
