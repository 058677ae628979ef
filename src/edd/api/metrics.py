"""Measurements in Prometheus' text format, version 0.0.4."""

from collections.abc import Iterable, Mapping

from edd.model.metric import Metric

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})
_LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


def exposition(metrics: Iterable[Metric]) -> str:
    """Return what a Prometheus server scrapes; help and label values are escaped as it asks."""
    return "".join(line for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterable[str]:
    yield f"# HELP {metric.name} {metric.help.translate(_HELP)}\n"
    yield f"# TYPE {metric.name} {metric.kind}\n"
    for labels, value in metric.samples:
        yield f"{metric.name}{_labels(labels)} {_number(value)}\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = (f'{name}="{value.translate(_LABEL)}"' for name, value in labels.items())
    joined = ",".join(pairs)
    return f"{{{joined}}}" if joined else ""


def _number(value: float) -> str:
    """Whole numbers stay whole; NaN and the infinities are spelt as Go parses them."""
    if float(value).is_integer() and abs(value) < 2**53:
        return str(int(value))
    return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(str(value), repr(float(value)))
