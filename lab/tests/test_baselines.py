"""What the product's measure is compared with."""

import numpy as np
import pytest

from backfire_lab.ground_truth.baselines import chance, combined, keyword_strength
from backfire_lab.ground_truth.forecast import by_level, correlations, with_intervals

SAMPLES, SOURCES = 60, 6


@pytest.fixture(scope="module")
def rise() -> np.ndarray:
    return np.random.default_rng(1).gamma(2.0, 0.5, (SAMPLES, 3))


@pytest.fixture(scope="module")
def sources() -> np.ndarray:
    return np.array([f"source {i % SOURCES}" for i in range(SAMPLES)])


def test_together_they_find_what_the_columns_say(rise, sources):
    noise = np.random.default_rng(2).normal(size=rise.shape)
    for forecast in combined({"part": rise + noise / 4, "noise": noise}, rise, sources).values():
        assert correlations(forecast, rise)["pooled"] > 0.9


def test_a_source_is_forecast_without_its_own_rows(rise, sources):
    """A column that names the source tells nothing of one that was left out; learnt with it, it would tell its mean."""
    number = np.unique(sources, return_inverse=True)[1]
    level = np.random.default_rng(3).permutation(SOURCES)[number][:, None] * 10.0 + rise
    column = np.repeat(number[:, None], 3, axis=1).astype(float)
    for forecast in combined({"source": column}, level, sources).values():
        assert abs(correlations(forecast, level)["pooled"]) < 0.8


def test_the_loud_are_stronger_than_the_mild():
    assert keyword_strength("Never do this: insecure") > keyword_strength("Avoid this") > keyword_strength("An example") == 0


def test_the_lead_is_the_difference_of_the_correlations(rise):
    found = with_intervals({"rise": rise, "taught": rise + 0.1, "chance": chance(rise)})
    assert found["taught"]["pooled"]["value"] == pytest.approx(1)
    lead = found["chance"]["lead"]["pooled"]
    assert lead["value"] == pytest.approx(1 - found["chance"]["pooled"]["value"])
    assert 0 < lead["low"] < lead["value"] < lead["high"]
    assert "lead" not in found["taught"]


def test_levels_say_what_training_taught():
    row = lambda level, taught: {"level": level, "measured": {"sample": taught}}
    found = by_level([row("low", 0.2), row("high", 1.0), row("high", 2.0), row("high", 3.0)])
    assert list(found) == ["high", "low"]
    assert found["high"]["samples"] == 3
    assert found["high"]["taught"]["median"] == 2
    assert found["low"]["taught"] == {"low": 0.2, "median": 0.2, "high": 0.2}
