"""Intervals of the forecast that hold on sources never seen:

    python -m backfire_lab.ground_truth.calibrate

Reads lab/results/forecast-samples.jsonl. A forecast f of a version is off by some share of FLOOR + f; that of a ratio by some
share of 1 / (FLOOR + f of the bare version), since what divides by little is noisy. The share that covers a part of the samples is the
calibration (conformal prediction with these scores; Lei et al. 2018). That promises the part for samples of the same sources; sources
differ, so the part is taken as large as it takes to cover 90 % of the samples of sources that had no part in making it. Writes
lab/results/calibration.json: both shares, the parts, and how much the intervals cover when each source in turn is left out. build_pack.py
puts the shares into pack.json.
"""

from __future__ import annotations

import argparse
import json
import math

import numpy as np

from backfire_lab.build_pack import ROOT
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.forecast import LEAST_BARE, SAMPLES
from backfire_lab.ground_truth.results import read_rows

RESULT = ROOT / "lab" / "results" / "calibration.json"
COVERED = 0.9  # of the samples of a source that is left out
PARTS = (*np.arange(COVERED, 1, 0.005), 1.0)
FLOOR = 0.1  # nats per payload token


def quantile(scores: np.ndarray, part: float) -> float:
    """The smallest score that covers the part, with one more sample counted as not covered."""
    rank = min(len(scores), math.ceil((len(scores) + 1) * part))
    return float(np.sort(scores)[rank - 1])


def taught_scores(rows: list[dict]) -> np.ndarray:
    """[rows, versions]"""
    of = lambda name: np.array([[row[name][condition] for condition in CORE] for row in rows])
    forecast = of("forecast")
    return np.abs(of("measured") - forecast) / (FLOOR + np.maximum(forecast, 0))


def ratio_scores(rows: list[dict]) -> np.ndarray:
    """Of the rows where both ratios can be taken."""
    scores = []
    for row in rows:
        forecast, measured = row["forecast"], row["measured"]
        if measured["bare"] > LEAST_BARE and forecast["bare"] > 0:
            off = abs(measured["sample"] / measured["bare"] - forecast["sample"] / forecast["bare"])
            scores.append(off * (FLOOR + forecast["bare"]))
    return np.array(scores)


def calibrated(rows: list[dict], scores_of) -> dict:
    """The share, and by which part of the samples it was set: the least that is enough for sources left out, or else the largest."""
    for part in PARTS:
        found = left_out(rows, scores_of, part)
        if found["coverage"] >= COVERED:
            break
    return {"share": quantile(scores_of(rows).ravel(), part), "part": round(float(part), 3), "leftOut": found}


def left_out(rows: list[dict], scores_of, part: float) -> dict:
    """Coverage of the intervals made from all other sources, over samples and for the worst source of at least five."""
    covered: dict[str, list[bool]] = {}
    for source in sorted({row["source"] for row in rows}):
        share = quantile(scores_of([row for row in rows if row["source"] != source]).ravel(), part)
        covered[source] = (scores_of([row for row in rows if row["source"] == source]).ravel() <= share).tolist()
    large = {source: float(np.mean(of)) for source, of in covered.items() if len(of) >= 5}
    worst = min(large, key=large.__getitem__)
    return {
        "coverage": float(np.mean([inside for of in covered.values() for inside in of])),
        "worstSource": {"source": worst, "coverage": large[worst], "values": len(covered[worst])},
        "values": sum(map(len, covered.values())),
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    rows = read_rows(SAMPLES)
    result = {
        "samples": len(rows),
        "sources": len({row["source"] for row in rows}),
        "covered": COVERED,
        "floor": FLOOR,
        "taught": calibrated(rows, taught_scores),
        "ratio": calibrated(rows, ratio_scores),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
