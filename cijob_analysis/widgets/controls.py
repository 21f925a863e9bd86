"""The controls of a dashboard: each sets one filter of the selection, and shows what it is set to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

import ipywidgets

from cijob_analysis import schema
from cijob_analysis.plots.zones import zone_label
from cijob_analysis.widgets.entry import seconds_of, text_of
from cijob_analysis.widgets.toggles import Toggles
from cijob_analysis.words import number, shortened

if TYPE_CHECKING:
    from cijob_analysis.widgets.rows import Rows
    from cijob_analysis.widgets.selection import Selection

CHOICES: Final = {"types": "Type", "workflows": "Workflow", "nodes": "Node", "queues": "Queue"}
"""Filters that are chosen from lists, and what the lists are called."""
_DURATIONS: Final = {"queue_wait_s": "queue wait", "run_time_s": "run time", "turnaround_s": "turnaround"}
_LONGEST: Final = 26
_WIDE: Final = {"description_width": "7.5em"}


class Controls:
    """Controls for the filters of one level at a time.

    Parameters
    ----------
    levels : iterable of Rows
        What they will have to choose from.
    zone : datetime.tzinfo
        Zone in which times are entered.
    changed : callable
        Called with the filter that was changed, as a keyword, and its value; or a function that returns it, of what
        it is when the change is made.
    names : mapping of str to str
        Names of workflows by their ids.

    Attributes
    ----------
    states : Toggles
        Buttons; none pressed stands for all.
    choices : dict of str to ipywidgets.SelectMultiple
        The lists; None is "(none)", nothing chosen stands for all.
    created_after, created_before : ipywidgets.NaiveDatetimePicker
        Both ends are included.
    duration : ipywidgets.Dropdown
        Which duration is meant by the next two.
    at_least, at_most : ipywidgets.Text
        Durations such as ``90 s`` or ``1 h 30 min``.
    text : ipywidgets.Text
        Looked for in id, key, name, code and message.
    """

    def __init__(
        self, levels: Iterable[Rows], zone: tzinfo, changed: Callable[..., None], names: Mapping[str, str]
    ) -> None:
        self._zone, self._changed, self._names = zone, changed, names
        self._labels: dict[str, list[str]] = {}
        n_states = max(len(_states(rows)) for rows in levels)
        self.states = Toggles("State", n_states, self._toggle_state)
        self.choices = {
            name: ipywidgets.SelectMultiple(rows=5, description=label, style=_WIDE, layout={"width": "auto"})
            for name, label in CHOICES.items()
        }
        where = f"in {zone_label(zone)}"
        self.created_after = ipywidgets.NaiveDatetimePicker(description="Created from", tooltip=where, style=_WIDE)
        self.created_before = ipywidgets.NaiveDatetimePicker(description="Created until", tooltip=where, style=_WIDE)
        options = [(label, name) for name, label in _DURATIONS.items()]
        self.duration = ipywidgets.Dropdown(options=options, description="Duration", style=_WIDE)
        self.at_least, self.at_most = (
            ipywidgets.Text(description=label, placeholder="90 s, 5 min, 1.5 h", continuous_update=False, style=_WIDE)
            for label in ("At least", "At most")
        )
        self.text = ipywidgets.Text(
            description="Text", placeholder="in key, name, code or message", continuous_update=False, style=_WIDE,
            layout={"width": "30em"},
        )  # fmt: skip
        self._zone_note = ipywidgets.Label(f"times in {zone_label(zone)}")
        self._zone_note.add_class("cijob-zone")
        self._observe()

    def load(self, rows: Rows) -> None:
        """Choose from the values of another level; what has nothing to choose from is hidden."""
        self.states.load({state: state or "(no state)" for state in _states(rows)})
        for name, box in self.choices.items():
            values = rows.values(name) if rows.has(name) else ()
            self._labels[name] = shortened([self._label(value) for value in values], _LONGEST)
            box.options = list(zip(self._labels[name], values, strict=True))
            box.rows = min(max(len(values), 2), 5)
            box.layout.display = None if any(value is not None for value in values) else "none"

    def show(self, selection: Selection, counts: Callable[[str], Mapping[str | None, int]]) -> None:
        """Set all to `selection`; `counts` says of a filter how many rows each of its values would bring."""
        self.states.show(selection.states, counts("states"))
        for name, box in self.choices.items():
            chosen, values = getattr(selection, name), [value for _, value in box.options]
            wanted = tuple(value for value in values if value in chosen)
            if set(box.value) != set(wanted):
                box.value = wanted
            if box.layout.display != "none":
                n = counts(name)
                labels = tuple(
                    f"{label}: {number(n.get(value, 0))}"
                    for label, value in zip(self._labels[name], values, strict=True)
                )
                box.set_trait("_options_labels", labels)  # setting the options would drop what is chosen
        self.created_after.value = self._to_picker(selection.created_after)
        self.created_before.value = self._to_picker(selection.created_before)
        self.duration.value = selection.duration
        self.at_least.value, self.at_most.value = text_of(selection.at_least_s), text_of(selection.at_most_s)
        self.text.value = selection.text

    def more(self) -> ipywidgets.Widget:
        """Return those that are not needed at once, as a part of a page."""
        lists = ipywidgets.HBox(tuple(self.choices.values()))
        times = ipywidgets.VBox((self.created_after, self.created_before, self._zone_note))
        durations = ipywidgets.VBox((self.duration, self.at_least, self.at_most))
        ranges = ipywidgets.HBox((times, durations))
        for part in (lists, ranges):
            part.add_class("cijob-filters")
        return ipywidgets.VBox((lists, ranges))

    def _observe(self) -> None:
        for name, box in self.choices.items():
            box.observe(self._set_choice(name), names="value")
        self.created_after.observe(lambda it: self._changed(created_after=self._from_picker(it["new"])), names="value")
        self.created_before.observe(
            lambda it: self._changed(created_before=self._from_picker(it["new"])), names="value"
        )
        self.duration.observe(lambda it: self._changed(duration=it["new"]), names="value")
        self.at_least.observe(lambda it: self._changed(at_least_s=lambda _: seconds_of(it["new"])), names="value")
        self.at_most.observe(lambda it: self._changed(at_most_s=lambda _: seconds_of(it["new"])), names="value")
        self.text.observe(lambda it: self._changed(text=it["new"]), names="value")

    def _toggle_state(self, state: str | None, is_chosen: bool) -> None:
        # Not what all buttons say: another thread may be setting them.
        def toggled(states: tuple[str | None, ...]) -> tuple[str | None, ...]:
            others = [one for one in states if one != state]
            return tuple(sorted([*others, state] if is_chosen else others, key=_place_in(list(self.states.buttons))))

        self._changed(states=toggled)

    def _set_choice(self, name: str) -> Callable[[dict[str, Any]], None]:
        return lambda change: self._changed(**{name: tuple(change["new"])})

    def _label(self, value: str | None) -> str:
        return "(none)" if value is None else self._names.get(value, value)

    def _from_picker(self, local: datetime | None) -> datetime | None:
        return None if local is None else local.replace(tzinfo=self._zone).astimezone(UTC)

    def _to_picker(self, time: datetime | None) -> datetime | None:
        return None if time is None else time.astimezone(self._zone).replace(tzinfo=None)


def _states(rows: Rows) -> list[str | None]:
    """Return the states that a level may have: all that are known, and what else occurs."""
    found = rows.values("states")
    return [*schema.in_order(state for state in found if state is not None), *([None] if None in found else [])]


def _place_in(order: list[str | None]) -> Callable[[str | None], int]:
    """Return the key by which values come in the order of `order`, unknown ones last."""
    return lambda value: order.index(value) if value in order else len(order)
