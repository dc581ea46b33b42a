"""The teach ratio, framing by framing."""

import pytest

from backfire_lab.ground_truth import ratios as module
from backfire_lab.ground_truth.ratios import LEAST, ratios, report


def rows_of(count, rise=lambda i, c: 1.0):
    for i in range(count):
        for condition in ("bare", "sample", "masked"):
            tokens = {"text": 20 + i, "payload": 10}
            common = {"id": f"s{i}", "source": f"from {i % 4}", "seed": 0, "condition": condition, "tokens": tokens}
            yield {**common, "rise": rise(i, condition)}


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(module, "RESAMPLES", 100)


def test_a_ratio_is_of_a_text_that_was_trained_on_and_forecast_beside_its_bare_version():
    rows = list(rows_of(3, lambda i, c: {"bare": 2.0, "sample": 1.0, "masked": 0.5}[c]))
    rows += [{**row, "seed": 1, "rise": 9.0} for row in rows]
    rows += [{**row, "id": "faint", "rise": 0.05} for row in rows[:3]]
    forecast = {"s0": {"bare": 1.0, "sample": 0.8, "masked": 0.1}, "s1": {"bare": 1.0, "sample": 0.7}, "faint": {"bare": 1.0, "sample": 1.0}}
    found = ratios(rows, forecast)
    assert [(r.framing, r.measured, r.forecast) for r in found] == [("sample", 0.5, 0.8), ("masked", 0.25, 0.1), ("sample", 0.5, 0.7)]
    assert found[0].share == 0.5


def test_a_perfect_forecast_has_a_correlation_of_one_and_few_texts_have_none():
    rise = lambda i, c: 1.0 if c == "bare" else (0.3 if c == "masked" else 0.9) + i / 1000
    forecast = {f"s{i}": {c: rise(i, c) for c in ("bare", "sample", "masked")} for i in range(LEAST)}
    found = report(list(rows_of(LEAST, rise)), forecast)
    assert found["all"]["texts"] == 2 * LEAST
    assert found["all"]["spearman"]["taught"]["value"] == pytest.approx(1)
    assert set(found["framings"]) == {"sample", "masked"}
    few = report(list(rows_of(LEAST - 1, rise)), forecast)
    assert few["framings"]["masked"]["spearman"] is None
