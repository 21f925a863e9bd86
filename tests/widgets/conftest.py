"""No test of a widget leaves one behind."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets
import pytest

from tests.widgets.consistency import models


@pytest.fixture(autouse=True)
def _leaves_no_model() -> Iterator[None]:
    before = models()
    yield
    ipywidgets.Widget.close_all()
    assert not models() - before
