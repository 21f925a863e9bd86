from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError
from cijob_analysis.metrics.states import state_counts
from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import ENGINES, Engine, Row, polars_frame


@cases.FEW
@given(cases.rows(), st.sampled_from([(), ("g",)]))
def test_states(rows: list[Row], by: Sequence[str]) -> None:
    cases.assert_all_agree("state_counts", rows, oracles.state_counts(rows, by), by=by)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_known_states_come_in_their_order_then_unknown_ones_then_a_missing_one(engine: Engine) -> None:
    rows: list[Row] = [{"state": state} for state in ("停止", None, "Success", "Archived", "Success")]
    found = [(row["state"], row["n"]) for row in engine.ask("state_counts", rows)]
    assert found[:6] == [
        ("Submitted", 0), ("Running", 0), ("Pause", 0), ("Success", 2), ("Failed", 0), ("Cancel", 0),
    ]  # fmt: skip
    assert found[6:] == [("Archived", 1), ("停止", 1), (None, 1)]


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["Success", "Failed", "Running"])])
def test_states_may_be_categories(dtype: pl.DataType) -> None:
    frame = polars_frame([{"state": "Failed"}, {"state": "Success"}], ["state"]).cast({"state": dtype})
    assert state_counts(frame).filter(pl.col("n") > 0)["state"].to_list() == ["Success", "Failed"]
    by_kind = state_counts(frame.with_columns(kind="state"), by="kind")
    assert by_kind.filter(pl.col("n") > 0)["kind"].to_list() == ["Failed", "Success"]


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_states_are_not_counted_by_state(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="by='state'"):
        engine.ask("state_counts", [], by=["g", "state"])
