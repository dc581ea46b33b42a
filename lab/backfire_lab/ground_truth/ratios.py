"""How well the teach ratio is forecast, framing by framing:

    python -m backfire_lab.ground_truth.ratios

Reads the rows of seed 0 in lab/results/ground-truth/rises.jsonl and what the product forecast of the same texts (forecast.py, remedies.py), and
writes lab/results/ratios.json: for each framing of a payload, and over all of them, Spearman's rank correlation of the forecast rise(framing) /
rise(bare) with the measured one, with a 90 % interval (whole sources drawn with replacement), and beside it that of the payload's share of the text,
which is what a longer frame changes. Samples whose bare version teaches next to nothing have no ratio.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

import backfire_lab.before_torch  # noqa: F401
from backfire_lab.build_pack import ROOT
from backfire_lab.ground_truth import edit_forecasts
from backfire_lab.ground_truth.__main__ import OUTPUT
from backfire_lab.ground_truth.edit_forecasts import Forecasts
from backfire_lab.ground_truth.forecast import LEAST_BARE, SAMPLES, estimate
from backfire_lab.ground_truth.own_samples import SOURCE as OWN
from backfire_lab.ground_truth.remedies import FORECASTS, SEED, draws_of_sources
from backfire_lab.ground_truth.results import by_sample, read_rows

RESULT = ROOT / "lab" / "results" / "ratios.json"
FRAMINGS = ("sample", "paraphrase", "long-warning", "chat-preamble", "marker-after", "negated", "masked")
RESAMPLES = 2000
LEAST = 10  # pairs: below that a correlation says nothing


@dataclass(frozen=True)
class Ratio:
    source: str
    framing: str
    measured: float
    forecast: float
    share: float  # of the payload's tokens in the text


def ratios(rows: list[dict], forecast: Forecasts) -> list[Ratio]:
    """Of every text that was both trained on and forecast."""
    found = []
    for name, trained in sorted(by_sample(rows).items()):
        told = forecast.get(name, {})
        if trained.get("bare", {"rise": 0})["rise"] <= LEAST_BARE or told.get("bare", 0) <= LEAST_BARE:
            continue
        for framing in FRAMINGS:
            if framing in trained and framing in told:
                row = trained[framing]
                measured, forecast_ratio = row["rise"] / trained["bare"]["rise"], told[framing] / told["bare"]
                found.append(Ratio(row["source"], framing, measured, forecast_ratio, row["tokens"]["payload"] / row["tokens"]["text"]))
    return found


def correlations(found: list[Ratio]) -> dict[str, float]:
    of = lambda name: np.array([getattr(ratio, name) for ratio in found])
    spearman = lambda name: float(spearmanr(of(name), of("measured")).statistic) if np.ptp(of(name)) > 0 else 0.0
    return {"taught": spearman("forecast"), "share": spearman("share")}


def figures(found: list[Ratio]) -> dict:
    measured = [ratio.measured for ratio in found]
    result = {"texts": len(found), "quartiles": np.quantile(measured, (0.25, 0.5, 0.75)).tolist(), "spearman": None}
    if len(found) >= LEAST:
        draws = draws_of_sources([ratio.source for ratio in found], RESAMPLES)
        drawn = [correlations(found), *(correlations([found[i] for i in draw]) for draw in draws)]
        result["spearman"] = {name: estimate([one[name] for one in drawn]) for name in drawn[0]}
    return result


def report(rows: list[dict], forecast: Forecasts) -> dict:
    found = ratios(rows, forecast)
    natural = [ratio for ratio in found if ratio.source != OWN]
    of = {framing: [ratio for ratio in found if ratio.framing == framing] for framing in FRAMINGS}
    return {
        "seed": SEED,
        "resamples": RESAMPLES,
        "framings": {framing: figures(some) for framing, some in of.items() if some},
        "all": figures(found),
        "natural": figures(natural),
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    result = report(read_rows(OUTPUT / "rises.jsonl"), edit_forecasts.kept(SAMPLES, FORECASTS))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
