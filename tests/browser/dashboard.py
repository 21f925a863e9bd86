"""A dashboard on a page, as people see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cijob_analysis import schema
from cijob_analysis.words import number, plural

if TYPE_CHECKING:
    import pandas as pd
    from playwright.sync_api import Locator, Page

PAGE_ROWS: Final = 50
"""How many rows the table shows at first."""

_DIGEST: Final = """async element => {
    const isDrawn = element.decode ? await element.decode().then(() => element.naturalWidth > 500, () => false) : true;
    if (!isDrawn) return "";
    const bytes = element.tagName === "IMG"
        ? await (await fetch(element.src)).arrayBuffer()
        : new TextEncoder().encode(element.toDataURL());
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return [...hash].map(byte => byte.toString(16).padStart(2, "0")).join("");
}"""
_PIXELS: Final = """(canvas, color) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const [r, g, b] = [1, 3, 5].map(place => parseInt(color.slice(place, place + 2), 16));
    const places = [];
    for (let x = 0; x < width; x++) {
        for (let y = 0; y < height; y++) {
            const i = 4 * (y * width + x);
            if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) places.push([x, y]);
        }
    }
    return places;
}"""


@dataclass(frozen=True)
class Dashboard:
    """Controls and pictures of a dashboard below `root`."""

    root: Locator

    @property
    def page(self) -> Page:
        """The page that it is on."""
        return self.root.page

    # -- controls

    def button(self, name: str) -> Locator:
        """Return the button of this name, which may say before it that it is pressed, and after it a number."""
        return self.root.get_by_role("button", name=re.compile(rf"^(✓ )?{re.escape(name)}( [\d\s]+)?$"))

    def field(self, label: str) -> Locator:
        """Return the control of a filter."""
        return self.root.locator(".cijob-header").get_by_label(label, exact=True)

    def option(self, label: str) -> Locator:
        """Return a list of the open tab, one of which is chosen."""
        return self.root.locator(".widget-tab-contents").get_by_role("combobox", name=label, exact=True)

    def tab(self, title: str) -> Locator:
        """Return what chooses a tab."""
        return self.root.get_by_role("tab", name=title, exact=True)

    def open(self, title: str) -> None:
        """Choose a tab."""
        self.tab(title).click()

    def fill(self, label: str, text: str) -> None:
        """Type into a field, and leave it."""
        self.field(label).fill(text)
        self.field(label).blur()

    def choose(self, label: str, *values: str) -> None:
        """Choose some of a list by the beginnings of what stands there."""
        options = self.field(label).locator("option").all_text_contents()
        self.field(label).select_option([option for option in options if option.startswith(values)])

    def copy(self, name: str, *, key: str | None = None) -> None:
        """Press a button that copies, with a key or the pointer, and wait until it, and no other, says that it has."""
        button = self.button(name).element_handle()
        button.press(key) if key else button.click()
        self.page.wait_for_function("button => button.textContent === 'Copied'", arg=button)

    # -- what it shows

    @property
    def stage(self) -> Locator:
        """The timeline, which takes keys and the pointer."""
        return self.root.locator(".cijob-timeline-stage")

    @property
    def canvas(self) -> Locator:
        """The canvas with the bars."""
        return self.stage.locator("canvas").first

    @property
    def images(self) -> list[Locator]:
        """The pictures of the tab that is open."""
        return self.root.locator(".cijob-picture-pane:visible img.cijob-picture").all()

    @property
    def details(self) -> Locator:
        """What is known of the row that was picked or opened last."""
        return self.root.locator(".cijob-details")

    @property
    def alert(self) -> Locator:
        """What says that something has gone wrong."""
        return self.root.locator(".cijob-status").get_by_role("alert")

    def expect_selected(self, selected: pd.DataFrame, *, bars: pd.DataFrame | None = None) -> None:
        """Wait until the numbers, the table and the timeline are those of these rows, and nothing has gone wrong.

        `bars` are those on the timeline if they are others, since a window does not filter them.
        """
        from playwright.sync_api import expect

        key, noun = schema.key_of(selected), schema.noun_of(selected)
        count = rf"^{number(len(selected))} of [\d\s]+ {noun}s? selected(:|$)"
        expect(self.root.locator(".cijob-count")).to_have_text(re.compile(count))
        drawn = plural(len(selected if bars is None else bars), noun)
        expect(self.root.locator(".cijob-timeline-label")).to_have_text(re.compile(f"^{drawn} of "))
        self.expect_rows(selected[key].head(PAGE_ROWS).tolist())
        expect(self.alert).to_have_count(0)

    def expect_rows(self, ids: list[str]) -> None:
        """Wait until the table has these rows on its page."""
        self.page.wait_for_function(
            "([root, ids]) => JSON.stringify(ids) === JSON.stringify("
            "[...root.querySelectorAll('tbody [aria-label^=\"Pick \"]')].map(box => box.ariaLabel.split(' ').at(-1)))",
            arg=[self.root.element_handle(), ids],
        )

    def painted(self, color: str) -> list[tuple[int, int]]:
        """Return the places on the timeline that have exactly this colour, from left to right."""
        places: list[tuple[int, int]] = self.canvas.evaluate(_PIXELS, color)
        return [(x, y) for x, y in places]

    def drag(self, begin: float, end: float) -> None:
        """Drag over the timeline; 0 is its left edge and 1 its right one."""
        self.stage.scroll_into_view_if_needed()
        box = self.stage.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 3
        mouse = self.page.mouse
        mouse.move(box["x"] + begin * box["width"], y)
        mouse.down()
        mouse.move(box["x"] + (begin + end) / 2 * box["width"], y)
        mouse.move(box["x"] + end * box["width"], y)
        mouse.up()

    def looks(self) -> tuple[str, ...]:
        """Return what tells the pictures of the open tab from others: of images, or of the canvas."""
        shown = self.images or [self.canvas]
        return tuple(str(one.evaluate(_DIGEST)) for one in shown)

    def expect_looks(self, looks: tuple[str, ...], *, of: int | None = None) -> None:
        """Wait until the pictures of the open tab, or only one `of` them, are these."""
        self._expect_digests("(now, wanted) => now === wanted", looks, of)

    def expect_other_looks(self, before: tuple[str, ...], *, of: int | None = None) -> None:
        """Wait until each picture of the open tab, or only one `of` them, is drawn and not what it was before."""
        self._expect_digests("(now, before) => now !== '' && now !== before", before, of)

    def expect_words(self, words: str) -> None:
        """Wait until the timeline says this of itself."""
        self.root.locator(".cijob-timeline-label").filter(has_text=words).wait_for()

    def expect_painted(self, color: str, *, is_there: bool) -> None:
        """Wait until the timeline has this colour, or has it no longer."""
        self.page.wait_for_function(
            f"([canvas, color, isThere]) => (({_PIXELS})(canvas, color).length > 0) === isThere",
            arg=[self.canvas.element_handle(), color, is_there],
        )

    def expect_drawn(self) -> None:
        """Wait until each picture of the open tab is drawn, of as many rows as the numbers say.

        The topology is that of one workflow; of how many rows it is, its caption does not say.
        """
        from playwright.sync_api import expect

        n = self.root.locator(".cijob-count").inner_text().partition(" of ")[0]
        for caption in self.root.locator(".cijob-picture-pane:visible .cijob-caption").all():
            expect(caption).to_have_text(re.compile(rf"^Topology|\b{n} (task|execution|batch job)s?\b"))
        self.expect_other_looks(("",) * len(self.images))

    def _expect_digests(self, test: str, digests: tuple[str, ...], of: int | None = None) -> None:
        for place, (picture, digest) in enumerate(zip(self.images or [self.canvas], digests, strict=True)):
            if of not in (None, place):
                continue
            self.page.wait_for_function(
                f"async ([element, digest]) => ({test})(await ({_DIGEST})(element), digest)",
                arg=[picture.element_handle(), digest],
            )
