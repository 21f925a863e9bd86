"""Sessions of the engines that have one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.metrics.engines.frames import connection


@pytest.fixture(scope="session", autouse=True)
def _close_connection() -> Iterator[None]:
    yield
    connection().close()
    connection.cache_clear()


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Return a small local session that talks to nobody."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("conformance")
    for name, value in {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()
