"""Prometheus' text format."""

import math

import pytest

from edd.api.metrics import exposition
from edd.model.metric import Metric


def test_help_and_labels_are_escaped() -> None:
    metric = Metric("edd_x", 'Two\nlines \\ and "quotes".', "gauge", [({"a": 'x\n"\\'}, 1.5)])
    assert exposition([metric]) == (
        '# HELP edd_x Two\\nlines \\\\ and "quotes".\n'
        '# TYPE edd_x gauge\nedd_x{a="x\\n\\"\\\\"} 1.5\n'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(3.0, "3"), (0.25, "0.25"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN")],
)
def test_numbers_are_spelt_as_prometheus_reads_them(value: float, text: str) -> None:
    assert exposition([Metric("m", "h", "counter", [({}, value)])]).endswith(f"\nm {text}\n")
