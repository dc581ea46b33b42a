"""How well any forecast could do, given that training itself differs from seed to seed:

    python -m backfire_lab.ground_truth.noise_ceiling

Reads lab/results/ground-truth/rises.jsonl. Of the samples that were trained with at least two seeds, one seed's rises are held against another's,
by the correlations that forecast.py reports of a forecast: pooled, within the warned samples, of the ratio. Their mean over all pairs of seeds, in
both directions, is the split-half reliability r, each half being one seed. A forecast without any error correlates with one seed's measurement by
about the root of r: the ceiling (Spearman 1904, correction for attenuation; exact for Pearson's correlation, near enough for ranks). With k seeds
averaged the reliability grows to k r / (1 + (k - 1) r) (Spearman 1910, Brown 1910). Writes lab/results/noise-ceiling.json, with no figures where
too few samples have two seeds; the intervals are from resampling whole samples. `natural` is the same without the samples that
were written for this project.
"""

from __future__ import annotations

import argparse
import json
from itertools import permutations
from pathlib import Path

import numpy as np

import backfire_lab.before_torch  # noqa: F401
from backfire_lab.build_pack import ROOT
from backfire_lab.ground_truth.__main__ import OUTPUT
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.forecast import RESAMPLES, SEED, correlations, estimate
from backfire_lab.ground_truth.own_samples import SOURCE as OWN
from backfire_lab.ground_truth.results import read_rows

RESULT = ROOT / "lab" / "results" / "noise-ceiling.json"
LEAST_SAMPLES = 10  # below it a correlation says nothing

Pair = tuple[np.ndarray, np.ndarray]  # rises of the same samples with one seed and with another, each [samples, versions]


def rises_by_seed(rows: list[dict]) -> np.ndarray:
    """[samples, seeds, versions], nan where a seed lacks one of the versions; samples with fewer than two whole seeds are left out."""
    seeds = sorted({row["seed"] for row in rows})
    found: dict[str, np.ndarray] = {}
    for row in rows:
        if row["condition"] in CORE:
            cells = found.setdefault(row["id"], np.full((len(seeds), len(CORE)), np.nan))
            cells[seeds.index(row["seed"]), CORE.index(row["condition"])] = row["rise"]
    whole = lambda cells: ~np.isnan(cells).any(1)
    kept = [np.where(whole(cells)[:, None], cells, np.nan) for _, cells in sorted(found.items()) if whole(cells).sum() >= 2]
    return np.array(kept).reshape(-1, len(seeds), len(CORE))


def pairs_of(rises: np.ndarray) -> list[Pair]:
    """Every ordered pair of seeds that share enough samples."""
    pairs = []
    for a, b in permutations(range(rises.shape[1]), 2):
        both = ~np.isnan(rises[:, [a, b]]).any((1, 2))
        if both.sum() >= LEAST_SAMPLES:
            pairs.append((rises[both, a], rises[both, b]))
    return pairs


def reliability(rises: np.ndarray) -> dict[str, float]:
    """Mean over the pairs of seeds; empty where no pair has enough samples."""
    found = [correlations(*pair) for pair in pairs_of(rises)]
    return {what: float(np.mean([each[what] for each in found])) for what in (found[0] if found else {})}


def ceiling(r: float, seeds: int = 1) -> float:
    """What a perfect forecast would correlate by with the mean of so many seeds."""
    return float(np.sqrt(seeds * r / (1 + (seeds - 1) * r))) if r > 0 else 0.0


def report(rows: list[dict]) -> dict:
    natural = [row for row in rows if row["source"] != OWN]
    return {"seed": SEED, "resamples": RESAMPLES, **of_rows(rows), "natural": of_rows(natural)}


def of_rows(rows: list[dict]) -> dict:
    rises = rises_by_seed(rows)
    of_seed = (~np.isnan(rises).any(2)).sum(0)
    return {"samples": len(rises), "samplesOfSeed": of_seed.tolist(), "reliability": with_intervals(rises)}


def with_intervals(rises: np.ndarray) -> dict | None:
    values = reliability(rises)
    if not values:
        return None
    random = np.random.default_rng(SEED)
    drawn = [reliability(rises[random.integers(0, len(rises), len(rises))]) for _ in range(RESAMPLES)]
    return {
        what: {**estimate([value, *(draw[what] for draw in drawn if draw)]), "ceiling": ceiling(value)}
        for what, value in values.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rises", type=Path, default=OUTPUT / "rises.jsonl")
    arguments = parser.parse_args()
    result = report(read_rows(arguments.rises))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
