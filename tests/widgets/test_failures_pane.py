"""The clusters of failures without a browser: press their buttons, read what they say."""

from __future__ import annotations

import re
import threading
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import ipywidgets
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis import Snapshot, schema
from cijob_analysis.exceptions import ConfigurationError, SchemaError
from cijob_analysis.metrics.failures.clusters import failure_clusters
from cijob_analysis.widgets.failure_rows import FailureRow
from cijob_analysis.widgets.failures_pane import POOL, FailuresPane
from tests.workflow_builders import W1, frame

# Said of older ipywidgets by newer traitlets.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

SHANGHAI = ZoneInfo("Asia/Shanghai")
BROKEN, LOST, NOTHING = ("Broken", "no <path>"), ("Lost", ""), ("", "")


def models() -> set[str]:
    return set(ipywidgets.Widget.get_manager_state()["state"])


def tasks(*rows: dict[str, Any]) -> pd.DataFrame:
    return frame(schema.TASKS, ({"task_id": f"j{number}", **row} for number, row in enumerate(rows)))


def failed(code: str | None, message: str | None, key: str | None, ended: float = 60, **more: Any) -> dict[str, Any]:
    times = {"created_at": 0, "started_at": 0, "ended_at": ended}
    return {"state": "Failed", "code": code, "message": message, "object_key": key, **times, **more}


def done(key: str, **more: Any) -> dict[str, Any]:
    return {"state": "Success", "object_key": key, "created_at": 0, "started_at": 1, "ended_at": 9, **more}


SOME = tasks(
    *(failed("Broken", f"no v/{number}.mp4", f"v/{number}.mp4", 60 * number) for number in (1, 2, 3)),
    *(failed("Lost", None, key, 600) for key in ("b", "a")),
    failed(None, None, None),
    *(done(f"k{number}") for number in range(94)),
)


class Pane(FailuresPane):
    """A pane that keeps what it was asked and what went wrong."""

    def __init__(self) -> None:
        self.choices: list[tuple[tuple[str, str], ...]] = []
        self.errors: list[Exception] = []
        super().__init__(self.choices.append, self.errors.append)


def no_error(error: Exception) -> None:
    raise AssertionError(error)


@pytest.fixture(name="pane")
def _pane() -> Pane:
    return Pane()


def shown(pane: FailuresPane) -> list[FailureRow]:
    return [row for row in pane.rows if row.layout.display != "none"]


def names(pane: FailuresPane) -> list[str]:
    return [row.button.description for row in shown(pane)]


def line(row: FailureRow, kind: str) -> str:
    found = re.search(rf'class="cijob-failure-{kind}"[^>]*>([^<]*)<', row.details.value)
    assert found
    return found[1]


def rerun_list(pane: FailuresPane, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is saved; the same is copied."""
    sent: list[bytes] = []
    monkeypatch.setattr("ipywidgets.Widget.send", lambda _, __, buffers=None: sent.extend(buffers or ()))
    for button in (pane.save_button, pane.copy_button):
        button._handle_custom_msg({"kind": "click"}, [])
    assert sent[0] == sent[1]
    return sent[0].decode().splitlines()


def test_each_cluster_has_a_row_with_the_facts(pane: Pane) -> None:
    pane.draw(SOME, (), zone=SHANGHAI)
    assert pane.sentence.value == "6 of 100 tasks failed, in 3 clusters, 2026-03-01 18:01–18:10 UTC+8."
    assert names(pane) == ["3 Broken", "2 Lost", "1 no code"]
    broken, lost, nameless = shown(pane)
    assert line(broken, "message") == "no &lt;path&gt;"
    assert line(broken, "verdict") == "Too few to say"
    assert line(broken, "facts") == "3 objects · 2026-03-01 18:01–18:03 UTC+8 · 6 min of run time lost"
    assert line(lost, "message") == "no message"
    assert line(lost, "facts") == "2 objects · 2026-03-01 18:10:00 UTC+8 · 20 min of run time lost"
    assert line(nameless, "facts") == "2026-03-01 18:01:00 UTC+8 · 1 min of run time lost"
    widths = [float(one) for row in shown(pane) for one in re.findall(r"width:([\d.]+)%", row.details.value)]
    assert widths == [100, 66.7, 33.3]
    assert (pane.choices, pane.errors) == ([], [])


def test_the_strips_have_one_axis(pane: Pane) -> None:
    pane.draw(SOME, (), zone=SHANGHAI)
    for row, parts in zip(shown(pane), ({0: 1, 6: 1, 13: 1}, {59: 2}, {0: 1}), strict=True):
        heights = [20 - float(top) for top in re.findall(r"V([\d.]+)h1", row.details.value)]
        assert {place: height for place, height in enumerate(heights) if height} == {
            place: 20 * n / max(parts.values()) for place, n in parts.items()
        }
    assert "Failures over time; at most 2 in 9 s" in shown(pane)[1].details.value


def test_verdicts_are_those_of_failure_clusters_with_names(pane: Pane) -> None:
    rows = [failed("Broken", None, f"k{number}", 60 + number, workflow_id=W1) for number in range(20)]
    rows += [done(f"k{number}", workflow_id="w2") for number in range(200)]
    workflows = frame(schema.WORKFLOWS, [{"workflow_id": W1, "name": "<夜间>"}])
    known = Snapshot(tasks=tasks(*rows), workflows=workflows)
    pane.draw(known.tasks, (), zone=SHANGHAI, data=known)
    (cluster,) = failure_clusters(known, tz=SHANGHAI)
    assert cluster.verdict.startswith("one workflow: <夜间> (w1111111…)")
    assert unescape(line(shown(pane)[0], "verdict")) == "O" + cluster.verdict[1:]


def test_several_clusters_can_be_chosen(pane: Pane) -> None:
    pane.draw(SOME, (), zone=SHANGHAI)
    broken, lost, _ = shown(pane)
    broken.button.value = True
    assert names(pane) == ["✓ 3 Broken", "2 Lost", "1 no code"]
    lost.button.value = True
    broken.button.value = False
    assert names(pane) == ["3 Broken", "✓ 2 Lost", "1 no code"]
    assert pane.choices == [(BROKEN,), (BROKEN, LOST), (LOST,)]
    assert "; 1 chosen." in pane.sentence.value
    pane.clear_button.click()
    assert (pane.choices[-1], names(pane)[1], pane.clear_button.disabled) == ((), "2 Lost", True)


def test_to_draw_chooses_nothing(pane: Pane) -> None:
    pane.draw(SOME, (BROKEN, NOTHING), zone=SHANGHAI)
    assert names(pane) == ["✓ 3 Broken", "2 Lost", "✓ 1 no code"]
    pane.draw(SOME, (), zone=SHANGHAI)
    assert not any(row.button.value for row in pane.rows)
    assert pane.choices == []


def test_what_is_chosen_and_has_no_row_here_is_said(pane: Pane) -> None:
    pane.draw(SOME, (BROKEN, ("Elsewhere", "")), zone=SHANGHAI)
    assert pane.sentence.value.endswith("; 2 chosen, 1 of which without a row here.")
    pane.draw(tasks(done("a")), (BROKEN,), zone=SHANGHAI)
    assert pane.sentence.value == "None of 1 task failed; 1 chosen, 1 of which without a row here."
    assert not pane.clear_button.disabled


def test_more_clusters_than_rows_are_turned_over(pane: Pane) -> None:
    many = tasks(*(failed(f"Kind{chr(65 + number)}", None, "a") for number in range(26)), failed("KindA", None, "b"))
    pane.draw(many, (("KindZ", ""),), zone=SHANGHAI)
    n = len(models())
    assert names(pane) == ["2 KindA", *(f"1 Kind{letter}" for letter in "BCDEFGHIJKL")]
    assert pane.place.value == "Clusters 1 to 12 of 26; the 14 smaller ones have 14 tasks together"
    assert (pane.previous_button.disabled, pane.next_button.disabled) == (True, False)
    pane.next_button.click()
    pane.next_button.click()
    assert names(pane) == ["1 KindY", "✓ 1 KindZ"]
    assert pane.place.value == "Clusters 25 to 26 of 26"
    assert (pane.previous_button.disabled, pane.next_button.disabled) == (False, True)
    shown(pane)[0].button.value = True
    assert (pane.choices, names(pane)) == ([(("KindZ", ""), ("KindY", ""))], ["✓ 1 KindY", "✓ 1 KindZ"])
    pane.draw(SOME, (), zone=SHANGHAI)
    assert (names(pane)[0], pane.previous_button.disabled, pane.next_button.disabled) == ("3 Broken", True, True)
    assert len(models()) == n


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [((), "No tasks."), ((done("a"), done("b")), "None of 2 tasks failed.")],
)
def test_nothing_failed(pane: Pane, rows: tuple[dict[str, Any], ...], sentence: str) -> None:
    pane.draw(tasks(*rows), (), zone=SHANGHAI)
    assert (pane.sentence.value, shown(pane)) == (sentence, [])
    assert pane.save_button.disabled
    assert pane.copy_button.disabled


def test_everything_from_the_service_is_escaped_and_long_texts_are_cut(pane: Pane) -> None:
    code, message = "错误" * 100, "<b>转码失败</b>" * 40
    pane.draw(tasks(failed(code, message, "a")), (), zone=SHANGHAI)
    (row,) = shown(pane)
    assert len(row.button.description) < 30
    assert row.button.tooltip == code
    assert "<b>" not in row.details.value
    assert len(line(row, "message")) < 600
    (cluster,) = failure_clusters(tasks(failed(code, message, "a")))
    assert f'title="{cluster.pattern.replace("<", "&lt;").replace(">", "&gt;")}"' in row.details.value


def test_the_rerun_list_is_that_of_the_chosen_clusters_or_of_all(pane: Pane, monkeypatch: pytest.MonkeyPatch) -> None:
    pane.draw(SOME, (), zone=SHANGHAI)
    assert rerun_list(pane, monkeypatch) == ["a", "b", "v/1.mp4", "v/2.mp4", "v/3.mp4"]
    shown(pane)[1].button.value = True
    assert rerun_list(pane, monkeypatch) == ["a", "b"]
    assert pane.errors == []


def test_what_has_succeeded_since_is_not_run_again_whatever_rows_are_shown(pane: Pane) -> None:
    retried = tasks(failed("Lost", None, "a"), done("a", created_at=300))
    pane.draw(retried, (), zone=SHANGHAI, mask=np.array([True, False]))
    assert names(pane) == ["1 Lost"]
    assert pane.save_button.disabled
    assert pane.copy_button.disabled


def test_a_key_that_no_line_can_hold_is_said(pane: Pane, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("ipywidgets.Widget.send", lambda _, content, buffers=None: sent.append(content))
    pane.draw(tasks(failed("Lost", None, "a\nb")), (), zone=SHANGHAI)
    pane.save_button._handle_custom_msg({"kind": "click"}, [])
    assert sent == [{"kind": "failed"}]
    (error,) = pane.errors
    assert isinstance(error, ConfigurationError)
    assert r"'a\nb' has a line break" in str(error)


def test_other_rows_of_a_frame_are_those_rows_alone(pane: Pane) -> None:
    part = SOME["object_key"].fillna("") > "b"
    pane.draw(SOME, (), zone=SHANGHAI, mask=part.to_numpy(bool))
    masked = pane.sentence.value, [(row.button.description, row.details.value) for row in shown(pane)]
    pane.draw(SOME[part], (), zone=SHANGHAI)
    assert masked == (pane.sentence.value, [(row.button.description, row.details.value) for row in shown(pane)])
    assert names(pane) == ["3 Broken"]


def test_verdicts_can_come_later(pane: Pane) -> None:
    rows = tasks(*(failed("Lost", None, f"k{n}") for n in range(9)), failed("Few", None, "f"), done("a"))
    pane.draw(rows, (), zone=SHANGHAI, explain=False)
    assert names(pane) == ["9 Lost", "1 Few"]
    assert [line(row, "verdict") for row in shown(pane)] == ["Looking for what they have in common …", "Too few to say"]
    assert pane.explain()
    assert [line(row, "verdict") for row in shown(pane)] == ["Scattered", "Too few to say"]
    assert not pane.explain()


def test_an_error_of_the_owner_is_handed_on() -> None:
    def no_such_filter(chosen: tuple[tuple[str, str], ...]) -> None:
        raise ConfigurationError(f"no filter for {chosen}")

    errors: list[Exception] = []
    pane = FailuresPane(no_such_filter, errors.append)
    pane.draw(SOME, (), zone=SHANGHAI)
    shown(pane)[0].button.value = True
    assert [str(error) for error in errors] == [f"no filter for {(BROKEN,)}"]


def test_what_cannot_be_drawn_leaves_nothing_of_before(pane: Pane) -> None:
    pane.draw(SOME, (), zone=SHANGHAI)
    with pytest.raises(SchemaError, match="state"):
        pane.draw(SOME.drop(columns="state"), (), zone=SHANGHAI)
    assert (pane.sentence.value, shown(pane)) == ("The failures could not be shown.", [])
    assert pane.save_button.disabled
    pane.draw(SOME, (), zone=SHANGHAI)
    assert len(shown(pane)) == 3


def test_closing_leaves_no_model() -> None:
    before = models()
    pane = Pane()
    pane.draw(SOME, (), zone=SHANGHAI)
    assert models() > before
    pane.close()
    pane.close()
    assert models() == before


CODES = st.sampled_from([f"Kind{chr(65 + number)}" for number in range(POOL + 3)])
ACTIONS = st.one_of(
    st.tuples(st.just("press"), st.integers(0, POOL - 1)),
    st.tuples(st.just("draw"), st.lists(CODES, max_size=30)),
    st.tuples(st.sampled_from(["next", "previous", "clear"]), st.none()),
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ACTIONS, max_size=12))
def test_whatever_is_pressed_all_parts_agree(actions: list[tuple[str, Any]]) -> None:
    wanted: tuple[tuple[str, str], ...] = ()
    now = SOME

    def on_choose(chosen: tuple[tuple[str, str], ...]) -> None:
        nonlocal wanted
        wanted = chosen
        pane.draw(now, chosen, zone=SHANGHAI)  # as a dashboard does

    pane = FailuresPane(on_choose, no_error)
    pane.draw(now, wanted, zone=SHANGHAI)
    n = len(models())
    for action, value in actions:
        before = wanted
        if action == "press" and value < len(shown(pane)):
            row = pane.rows[value]
            row.button.value = not row.button.value
            assert set(wanted) ^ set(before) == {row.key}
        elif action == "draw":
            now = tasks(*(failed(code, None, "a") for code in value))
            pane.draw(now, wanted, zone=SHANGHAI)
        elif action in ("next", "previous"):
            getattr(pane, f"{action}_button").click()
        elif action == "clear":
            pane.clear_button.click()
            assert wanted == ()
        expected = {(one.code, one.pattern): one.tasks for one in failure_clusters(now)}
        keys = [row.key for row in shown(pane)]
        assert len(keys) == min(len(expected), POOL) or keys == list(expected)[-len(keys) :]
        for row in shown(pane):
            assert row.key is not None
            mark = "✓ " if row.key in wanted else ""
            assert row.button.description == f"{mark}{expected[row.key]} {row.key[0] or 'no code'}"
            assert row.button.value == (row.key in wanted)
    assert len(models()) == n
    pane.close()


def test_buttons_that_are_pressed_on_many_threads_are_all_chosen() -> None:
    wanted: tuple[tuple[str, str], ...] = ()
    owner = threading.RLock()

    def on_choose(chosen: tuple[tuple[str, str], ...]) -> None:
        nonlocal wanted
        with owner:
            wanted = chosen
            pane.draw(many, wanted, zone=SHANGHAI)

    many = tasks(*(failed(f"Kind{chr(65 + number)}", None, "a") for number in range(POOL)))
    pane = FailuresPane(on_choose, no_error)
    pane.draw(many, (), zone=SHANGHAI)
    threads = [threading.Thread(target=setattr, args=(row.button, "value", True)) for row in pane.rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert {row.key for row in pane.rows} == set(wanted)
    assert all(row.button.value for row in pane.rows)
