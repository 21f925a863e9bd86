from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cijob_analysis.exceptions import ConfigurationError
from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import ENGINES, Engine, Row

KINDS = st.sampled_from(["running", "queued", "unfinished"])


@cases.FEW
@given(cases.rows(), KINDS, st.sampled_from(cases.BY), st.sampled_from(cases.AS_OF))
@example([], "running", (), None)
def test_steps(rows: list[Row], of: str, by: Sequence[str], as_of: datetime | None) -> None:
    expected = oracles.concurrency(rows, of, by, as_of)
    cases.assert_all_agree("concurrency", rows, expected, of=of, by=by, as_of=as_of)


@cases.FEW
@given(cases.rows(), KINDS, st.sampled_from(cases.BY), st.sampled_from(cases.AS_OF))
@example([], "running", (), None)
@example([], "running", ("g",), None)
def test_summary(rows: list[Row], of: str, by: Sequence[str], as_of: datetime | None) -> None:
    expected = oracles.concurrency_summary(rows, of, by, as_of)
    cases.assert_all_agree("concurrency_summary", rows, expected, of=of, by=by, as_of=as_of)


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_an_area_whose_terms_do_not_fit_into_64_bits(engine: Engine) -> None:
    # 6 000 intervals since 1970: the sum of their ends, in microseconds, is larger than the largest integer.
    end = cases.BASE + timedelta(microseconds=1)
    rows: list[Row] = [{"state": "Success", "started_at": cases.BASE, "ended_at": end}] * 6000
    (found,) = engine.ask("concurrency_summary", rows)
    assert (found["max"], found["mean"], found["area_s"]) == (6000, 6000.0, pytest.approx(6e-3))


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_there_is_no_such_kind(engine: Engine) -> None:
    with pytest.raises(ConfigurationError, match="of='failed'"):
        engine.ask("concurrency", [], of="failed")
