"""The noise ceiling: what is reported of rows whose reliability is known, and of rows that have one seed."""

import json

import numpy as np
import pytest

from backfire_lab.ground_truth import noise_ceiling
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.noise_ceiling import ceiling, reliability, report, rises_by_seed


def rows_of(count, noise, seeds=(0, 1, 2), random_seed=3):
    """What a sample teaches varies by 1 between samples, round 5; each seed adds an error of its own."""
    random = np.random.default_rng(random_seed)
    rows = []
    for number in range(count):
        truth = dict(zip(CORE, 5 + random.normal(size=len(CORE))))
        for seed in seeds:
            rows += [
                {
                    "id": f"s{number}",
                    "source": "own" if number % 4 == 0 else "x",
                    "seed": seed,
                    "condition": condition,
                    "rise": truth[condition] + noise * random.normal(),
                }
                for condition in CORE
            ]
    return rows


def rank_correlation(pearson):
    """Spearman's of two normal variables with this correlation (Pearson 1907)."""
    return 6 / np.pi * np.arcsin(pearson / 2)


@pytest.mark.parametrize("noise", [0.5, 1.0])
def test_reliability_is_that_of_the_rows(noise):
    """Variances 1 and noise² give a reliability of 1 / (1 + noise²)."""
    found = reliability(rises_by_seed(rows_of(2000, noise)))
    expected = rank_correlation(1 / (1 + noise**2))
    assert found["pooled"] == pytest.approx(expected, abs=0.02)
    assert found["warned"] == pytest.approx(expected, abs=0.03)


def test_a_perfect_forecast_reaches_the_ceiling_and_no_more():
    """The truth itself, held against one seed, correlates by the root of the reliability of Pearson's kind."""
    random = np.random.default_rng(5)
    truth, noise = random.normal(size=20000), 0.8
    measured = truth + noise * random.normal(size=20000)
    assert np.corrcoef(truth, measured)[0, 1] == pytest.approx(ceiling(1 / (1 + noise**2)), abs=0.01)
    averaged = truth + noise * random.normal(size=(3, 20000)).mean(0)
    assert np.corrcoef(truth, averaged)[0, 1] == pytest.approx(ceiling(1 / (1 + noise**2), seeds=3), abs=0.01)
    assert ceiling(-0.2) == 0


def test_the_interval_holds_the_value(monkeypatch):
    monkeypatch.setattr(noise_ceiling, "RESAMPLES", 50)
    found = report(rows_of(60, 0.3))
    assert (found["samples"], found["samplesOfSeed"], found["natural"]["samples"]) == (60, [60, 60, 60], 45)
    for part in (*found["reliability"].values(), *found["natural"]["reliability"].values()):
        assert part["low"] < part["value"] < part["high"] <= 1
        assert part["ceiling"] == pytest.approx(part["value"] ** 0.5)


@pytest.mark.parametrize("seeds, count", [((0,), 40), ((0, 1), noise_ceiling.LEAST_SAMPLES - 1)])
def test_nothing_is_claimed_of_one_seed_or_of_few_samples(seeds, count):
    found = report(rows_of(count, 0.3, seeds))
    assert found["reliability"] is None
    assert found["samples"] == (0 if len(seeds) == 1 else count)
    json.dumps(found)


def test_a_seed_without_all_versions_does_not_count():
    rows = rows_of(30, 0.3)
    partial = [row for row in rows if not (row["id"] == "s4" and row["seed"] > 0 and row["condition"] == "bare")]
    assert len(rises_by_seed(partial)) == 29
    partial = [row for row in rows if not (row["id"] == "s4" and row["seed"] == 2 and row["condition"] == "bare")]
    assert len(rises_by_seed(partial)) == 30
    assert reliability(rises_by_seed(partial))["warned"] > 0.8
