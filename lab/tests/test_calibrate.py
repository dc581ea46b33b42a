"""Intervals of the forecast: what they cover of sources that had no part in making them."""

import json

import numpy as np
import pytest

from backfire_lab.ground_truth.calibrate import COVERED, RESULT, calibrated, left_out, quantile, ratio_scores, taught_scores
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.forecast import SAMPLES


def rows_of(spreads: list[float], count: int = 40) -> list[dict]:
    """`count` samples of each source, their forecasts off by its spread."""
    random, rows = np.random.default_rng(1), []
    for number, spread in enumerate(spreads):
        for _ in range(count):
            forecast = {condition: 1.0 for condition in CORE}
            measured = {condition: 1.0 + spread * random.normal() for condition in CORE}
            rows.append({"source": f"s{number}", "forecast": forecast, "measured": measured})
    return rows


def test_where_sources_are_alike_the_part_is_about_what_shall_be_covered():
    found = calibrated(rows_of([0.1] * 8), taught_scores)
    assert COVERED <= found["leftOut"]["coverage"] and found["part"] <= COVERED + 0.02


@pytest.mark.parametrize("scores", [taught_scores, ratio_scores])
def test_where_they_differ_it_is_larger_so_that_sources_left_out_are_covered(scores):
    rows = rows_of([0.03] * 5 + [0.12] * 3)
    plain = left_out(rows, scores, COVERED)["coverage"]
    found = calibrated(rows, scores)
    assert plain < COVERED <= found["leftOut"]["coverage"]
    assert found["share"] > quantile(scores(rows).ravel(), COVERED)


def test_the_result_in_the_repository_follows_from_the_samples():
    rows, kept = [json.loads(line) for line in SAMPLES.read_text().splitlines()], json.loads(RESULT.read_text())
    assert kept["samples"] == len(rows)
    assert kept["taught"]["share"] == pytest.approx(calibrated(rows, taught_scores)["share"])
    assert kept["ratio"]["share"] == pytest.approx(calibrated(rows, ratio_scores)["share"])
