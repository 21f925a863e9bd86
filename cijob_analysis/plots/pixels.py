"""Images that are made when they are drawn, so that their pixels are those of the screen, the file or the zoom."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.transforms import Affine2D

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Scale:
    """From the data of an axis, `low` to `high`, to pixels, `first` to `last`, and back."""

    low: float
    high: float
    first: float
    last: float

    @property
    def pixels_per_unit(self) -> float:
        """How long a unit of the data is; below zero if the axis runs the other way."""
        return (self.last - self.first) / (self.high - self.low)

    def pixels(self, data: NDArray[Any]) -> NDArray[np.float64]:
        """Return where `data` lie in pixels."""
        return self.first + (data - self.low) * self.pixels_per_unit

    def data(self, pixels: NDArray[Any]) -> NDArray[np.float64]:
        """Return what data lie at `pixels`."""
        return self.low + (pixels - self.first) / self.pixels_per_unit


class Pixels(AxesImage):
    """An image whose pixels `paint` makes for the axes as they are in view.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    extent : tuple of float
        Left, right, bottom and top of what there is to see.
    """

    def __init__(self, ax: Axes, extent: tuple[float, float, float, float]) -> None:
        super().__init__(ax, zorder=1, interpolation="nearest", origin="lower", extent=extent)
        self._painted: tuple[object, NDArray[np.uint8]] | None = None
        self.set_data(np.zeros((1, 1, 4)))  # matplotlib does not draw an image without data
        self.set_clip_path(ax.patch)

    @abstractmethod
    def paint(self, x: Scale, y: Scale, n_columns: int, n_rows: int) -> NDArray[np.uint8]:
        """Return the pixels, rows × columns × red, green, blue, opacity; the lowest row first."""

    def make_image(
        self,
        renderer: Any,  # noqa: ARG002 - matplotlib's signature
        magnification: float = 1.0,
        unsampled: bool = False,  # noqa: ARG002, FBT
    ) -> tuple[NDArray[np.uint8], float, float, Affine2D]:
        """Return the pixels of the axes as they are in view, the lowest row first, and where they go."""
        box, view = self.axes.bbox, self.axes.viewLim
        left, bottom = np.floor(box.x0), np.floor(box.y0)
        n_columns = round((np.ceil(box.x1) - left) * magnification)
        n_rows = round((np.ceil(box.y1) - bottom) * magnification)
        x = Scale(view.x0, view.x1, (box.x0 - left) * magnification, (box.x1 - left) * magnification)
        y = Scale(view.y0, view.y1, (box.y0 - bottom) * magnification, (box.y1 - bottom) * magnification)
        place = (x, y, n_columns, n_rows)
        if self._painted is None or self._painted[0] != place:  # a layout draws everything twice
            self._painted = place, self.paint(*place)
        return self._painted[1], left, bottom, Affine2D()
