import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cijob_analysis.exceptions import SchemaError
from tests.metrics.engines import cases, oracles
from tests.metrics.engines.frames import ENGINES, Engine, Row

IDS = st.sampled_from(["w1", "w2", "w1,w2", " w2 , w1,w2 ", "", " , ", None])
TAGS = st.sampled_from(["Transcode", " Transcode ", "Snapshot", "", None])


@cases.FEW
@given(cases.rows(workflow_ids=IDS, tag=TAGS))
@example([])
def test_batch_jobs(rows: list[Row]) -> None:
    expected = oracles.workflow_distribution(rows, "workflow_ids")
    cases.assert_all_agree("workflow_distribution", rows, expected, more=["workflow_ids", "tag"])


@cases.FEW
@given(cases.rows(workflow_id=IDS))
def test_tasks(rows: list[Row]) -> None:
    expected = oracles.workflow_distribution(rows, "workflow_id")
    cases.assert_all_agree("workflow_distribution", rows, expected, more=["workflow_id"])


@pytest.mark.parametrize("engine", ENGINES, ids=repr)
def test_there_must_be_workflows(engine: Engine) -> None:
    with pytest.raises(SchemaError, match="workflow_ids"):
        engine.ask("workflow_distribution", [])
