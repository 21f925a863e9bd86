from collections.abc import Sequence
from datetime import datetime

from hypothesis import example, given
from hypothesis import strategies as st

from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import Row


@cases.FEW
@given(cases.rows(), st.sampled_from(cases.BY), st.sampled_from(cases.AS_OF))
@example([], (), None)
@example([], ("g",), cases.AS_OF[1])
def test_makespan(rows: list[Row], by: Sequence[str], as_of: datetime | None) -> None:
    cases.assert_all_agree("makespan", rows, oracles.makespan(rows, by, as_of), by=by, as_of=as_of)
