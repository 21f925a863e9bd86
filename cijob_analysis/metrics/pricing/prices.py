"""What tasks cost by the published price list, and prices of one's own."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from cijob_analysis import schema
from cijob_analysis.exceptions import ConfigurationError

ANY: Final = "any"
"""The item of what costs the same whatever comes out."""

AUDIO_ONLY: Final = "audio only"

TOP_SPEED: Final = "top speed "
"""What the items of top speed codec transcoding begin with."""

SIZES: Final = {"SD": 480, "HD": 720, "FHD": 1080, "2K": 1440, "4K": 2160}
"""What a video is called whose short side has up to so many pixels."""

UNITS: Final = {
    "call": "",
    "1000 calls": "",
    "output minute": "how long its result plays is not in the answer",
    "input minute": "how long its input plays is not in the answer",
    "1000 pages": "how many pages it made is not in the answer",
    "GB": "how many bytes are billed is not in the answer",
    "10000 characters": "how many characters it read is not in the answer",
}
"""What can have a price, and what is to be said if nobody knows how much of it there was."""

COLUMNS: Final = ("task_type", "item", "unit", "price", "currency")

LISTED: Final = "list prices of December 2024"

_MAINLAND, _AMERICA, _OTHER = "mainland China", "Silicon Valley and Virginia", "Asia, Europe and Toronto"

_GROUPS: Final = {
    _MAINLAND: ("ap-beijing", "ap-nanjing", "ap-shanghai", "ap-guangzhou", "ap-chengdu", "ap-chongqing"),
    _AMERICA: ("na-siliconvalley", "na-ashburn"),
    _OTHER: (
        "ap-mumbai", "ap-seoul", "ap-bangkok", "eu-moscow", "ap-hongkong", "ap-tokyo", "na-toronto", "eu-frankfurt",
        "ap-singapore",
    ),
}  # fmt: skip

_Row = tuple[float | None, ...]

# The page has 0.07 for VP8 SD in other regions, seven times its price of HD: a slip, so that price is not known.
_TRANSCODING: Final[dict[str, dict[str, _Row]]] = {
    "H.264": {
        _MAINLAND: (0.0023, 0.0046, 0.0094, 0.02, 0.04088),
        _AMERICA: (0.0023, 0.0049, 0.0095, 0.0206, 0.0427),
        _OTHER: (0.00707, 0.01, 0.0219, 0.0339, 0.0458),
    },
    "H.265": {
        _MAINLAND: (0.012, 0.022, 0.0457, 0.1, 0.197),
        _AMERICA: (0.012, 0.023, 0.0471, 0.11, 0.2032),
        _OTHER: (0.0428, 0.0577, 0.1174, 0.177, 0.2368),
    },
    "VP8": {
        _MAINLAND: (0.00268, 0.00507, 0.0097, 0.0194, 0.0432),
        _AMERICA: (0.00269, 0.0052, 0.00985, 0.02, 0.046),
        _OTHER: (None, 0.01, 0.0223, 0.0358, 0.0507),
    },
    "VP9": {
        _MAINLAND: (0.0036, 0.00588, 0.01, 0.0264, 0.0485),
        _AMERICA: (0.00365, 0.00588, 0.012, 0.0265, 0.0486),
        _OTHER: (0.00365, 0.00588, 0.012, 0.0265, 0.0486),
    },
}
_TOP_SPEED_TRANSCODING: Final[dict[str, dict[str, _Row]]] = {
    "H.264": {
        _MAINLAND: (0.0097, 0.0147, 0.0291, 0.0627, 0.125),
        _AMERICA: (0.0233, 0.0314, 0.0624, 0.0935, 0.1273),
        _OTHER: (0.027, 0.0363, 0.0724, 0.107, 0.1401),
    },
    "H.265": {
        _MAINLAND: (0.0488, 0.0729, 0.1459, 0.313, 0.626),
        _AMERICA: (0.1227, 0.1587, 0.3299, 0.481, 0.648),
        _OTHER: (0.1362, 0.1711, 0.3627, 0.549, 0.7229),
    },
}
_AUDIO: Final = {_MAINLAND: 0.0008, _AMERICA: 0.00149, _OTHER: 0.0019}
_REMUXING: Final = {_MAINLAND: 0.001, _AMERICA: 0.002, _OTHER: 0.00295}

_EVERYWHERE: Final = (
    ("VideoMontage", "input minute", dict(zip(SIZES, (0.033, 0.045, 0.05, 0.072, 0.088), strict=True))),
    ("VideoProcess", "input minute", {"color enhancement": 0.06, "detail enhancement": 0.06}),
    (
        "SuperResolution",
        "output minute",
        {
            "basic, up to 1080p, below 30 fps": 0.36,
            "basic, up to 1080p, from 30 fps": 0.72,
            "basic, above 1080p, below 30 fps": 0.5,
            "basic, above 1080p, from 30 fps": 1.45,
            "enhanced, up to 720p, up to 30 fps": 0.588,
            "enhanced, up to 720p, above 30 fps": 1.1,
            "enhanced, up to 2K, up to 30 fps": 0.95,
            "enhanced, up to 2K, above 30 fps": 1.76,
            "enhanced, up to 2160p, up to 30 fps": 2.2,
            "enhanced, up to 2160p, above 30 fps": 3.5,
        },
    ),
    ("DigitalWatermark", "output minute", dict(zip(SIZES, (0.38, 0.4, 0.43, 0.46, 0.5), strict=True))),
    ("ExtractDigitalWatermark", "output minute", {ANY: 0.85}),
    ("SDRtoHDR", "output minute", {ANY: 0.06}),
    ("VideoTag", "input minute", {ANY: 0.00784}),
    ("QualityEstimate", "input minute", {ANY: 0.01463}),
    ("SmartCover", "input minute", {ANY: 0.026}),
    ("Snapshot", "1000 calls", {ANY: 0.015}),
    ("MediaInfo", "1000 calls", {ANY: 0.015}),
    ("VoiceSeparate", "output minute", {ANY: 0.012}),
    ("NoiseReduction", "input minute", {ANY: 0.01194}),
    ("Tts", "10000 characters", {"first tier": 0.4422, "last tier": 0.3243}),
    ("PicProcess", "GB", {"first 10 TB of a month": 0.0, "beyond 10 TB of a month": 0.01}),
    ("ImageInspect", "1000 calls", {ANY: 0.01493}),
    ("DocProcess", "1000 pages", {"image": 0.015}),
    ("DocProcess", "call", {"html": 0.0014}),
    *((task_type, "GB", {ANY: 0.0075}) for task_type in ("FileHashCode", "FileUncompress", "FileCompress")),
)


def list_prices(region: str) -> pd.DataFrame:
    """Return the published list prices of December 2024, in US dollars: check them before you rely on them.

    They are before tax, discounts, resource packs and free quotas. Change them, or put your own in their place, and
    hand them to `cost`.

    Parameters
    ----------
    region : str
        Where the tasks ran: mainland China, Silicon Valley and Virginia, and the other regions have different prices.

    Returns
    -------
    DataFrame
        A row for each price: `task_type`; `item`, what came out, or ``any`` (``H.264 HD``, ``audio only``, ``SD``:
        videos are told by codec, where it matters, and by their short side of up to 480, 720, 1080, 1440 or 2160
        pixels); `unit`, what the price is for: ``call``, ``1000 calls``, ``output minute``, ``input minute``,
        ``1000 pages``, ``GB`` or ``10000 characters``; `price` (float64); `currency`.

    Raises
    ------
    ConfigurationError
        The list has no prices for the region.

    Notes
    -----
    From the pages "Media Processing Fees" (document/product/1045/49489 of the international site) and its neighbours
    for pictures, documents, files and speech.
    """
    group = region_group(region)
    rows: list[tuple[str, str, str, float | None]] = []
    for task_type in ("Transcode", "Animation", "Concat"):
        rows += [(task_type, *row) for row in _by_codec(_TRANSCODING, group)]
        rows.append((task_type, AUDIO_ONLY, "output minute", _AUDIO[group]))
    top_speed = _by_codec(_TOP_SPEED_TRANSCODING, group)
    rows += [("Transcode", TOP_SPEED + item, unit, price) for item, unit, price in top_speed]
    rows.append(("Segment", ANY, "output minute", _REMUXING[group]))
    for task_type, unit, items in _EVERYWHERE:
        rows += [(task_type, item, unit, price) for item, price in items.items()]
    known = [(*row, "USD") for row in rows if row[-1] is not None]
    return _typed(pd.DataFrame(known, columns=list(COLUMNS)))


def region_group(region: str) -> str:
    """Return what the price list calls the group of regions that `region` is in.

    Raises
    ------
    ConfigurationError
        It is in none.
    """
    for group, regions in _GROUPS.items():
        if region in regions:
            return group
    known = ", ".join(name for regions in _GROUPS.values() for name in regions)
    raise ConfigurationError(f"there are no list prices for the region {region!r}, only for {known}: give prices")


def checked(prices: pd.DataFrame) -> pd.DataFrame:
    """Return `prices` with the columns of `list_prices` alone, rows numbered.

    Raises
    ------
    SchemaError
        A column is missing.
    ConfigurationError
        There is no price, or one that is no number, or below 0; a unit that is not known; more than one currency; a
        type of task or an item that is missing; two prices for the same.
    """
    if not isinstance(prices, pd.DataFrame):
        raise ConfigurationError(f"prices={type(prices).__name__}: give a DataFrame like that of list_prices")
    schema.require(prices, *COLUMNS)
    if not len(prices):
        raise ConfigurationError("prices has no row: give at least one price")
    numbers = pd.to_numeric(prices["price"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    is_bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if is_bad.any():
        raise ConfigurationError(f"price={prices['price'].tolist()[is_bad.argmax()]!r} is no number from 0 on")
    units = sorted({str(unit) for unit in prices["unit"]} - set(UNITS))
    if units:
        raise ConfigurationError(f"unit={units[0]!r} is none of {', '.join(UNITS)}")
    currencies = sorted({str(currency) for currency in prices["currency"]})
    if len(currencies) > 1:
        raise ConfigurationError(f"prices in {' and '.join(currencies)} cannot be added: give them in one currency")
    if prices[["task_type", "item"]].isna().to_numpy().any():
        raise ConfigurationError("a price lacks its task_type or item: the item of one for everything is 'any'")
    twice = prices[prices.duplicated(["task_type", "item"])]
    if len(twice):
        raise ConfigurationError(f"prices has two for {twice['task_type'].iloc[0]} {twice['item'].iloc[0]}: give one")
    return _typed(prices[list(COLUMNS)].reset_index(drop=True).assign(price=numbers))


def _by_codec(prices: dict[str, dict[str, _Row]], group: str) -> list[tuple[str, str, float | None]]:
    """Return item, unit and price for each codec and size."""
    return [
        (f"{codec} {size}", "output minute", price)
        for codec, groups in prices.items()
        for size, price in zip(SIZES, groups[group], strict=True)
    ]


def _typed(prices: pd.DataFrame) -> pd.DataFrame:
    texts = dict.fromkeys(("task_type", "item", "unit", "currency"), schema.TEXT)
    typed = prices.astype({**texts, "price": "float64"})
    typed.attrs = {}
    return typed
