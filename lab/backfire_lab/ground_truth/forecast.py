"""How well the product's measures forecast what training taught, beside trivial baselines:

    python -m backfire_lab.ground_truth.forecast [--corpora FOLDER]

Scores the samples with the built product (`backfire score`), joins them with the rows of seed 0 in rises.jsonl, and writes
lab/results/forecast-samples.jsonl (both, sample by sample) and forecast.json: Spearman's rank correlation with the rise, pooled over sample, bare and frame-only versions, within
the warned samples alone, and of the ratio sample / bare; each with a 90 % interval from resampling whole samples.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import backfire_lab.ground_truth.threads  # noqa: F401
from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.ground_truth.__main__ import OUTPUT, all_samples
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.sample import Sample, Span
from backfire_lab.ground_truth.tokens import Tokens

RESULT = ROOT / "lab" / "results" / "forecast.json"
SAMPLES = ROOT / "lab" / "results" / "forecast-samples.jsonl"
RESAMPLES, SEED = 2000, 7
LEAST_BARE = 0.1  # nats per token: below it a ratio divides by noise


def utf16(text: str, span: Span) -> list[int]:
    units = lambda end: len(text[:end].encode("utf-16-le")) // 2
    return [units(span.start), units(span.end)]


def product_measures(samples: list[Sample]) -> dict[str, dict]:
    """{id: measures} from the built command line; a sample that it can't score is absent."""
    return {line["id"]: line["measures"] for line in scored([{"id": sample.id, **score_line(sample)} for sample in samples])}


def score_line(sample: Sample) -> dict:
    """A line of `backfire score`, without an id."""
    frame, payload = utf16(sample.text, sample.frame), utf16(sample.text, sample.payload)
    return {"text": sample.text, "frame": frame, "payload": payload, "language": sample.language}


def scored(lines: list[dict]) -> list[dict]:
    """What the built command line says of each line, those left out that it can't score."""
    done = subprocess.run(
        ["node", str(ROOT / "dist" / "cli.mjs"), "score", "-"],
        input="\n".join(map(json.dumps, lines)), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "score"]


def measured_rises(path: Path) -> dict[str, dict[str, dict]]:
    """{id: {condition: row}} of seed 0, for the samples whose three versions were all trained."""
    by_id: dict[str, dict[str, dict]] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row["seed"] == 0 and row["condition"] in CORE:
            by_id.setdefault(row["id"], {})[row["condition"]] = row
    return {name: rows for name, rows in by_id.items() if len(rows) == len(CORE)}


def value(measures: dict, name: str) -> float:
    """A measure as a number; a version that could not be measured counts as teaching nothing."""
    found = measures.get(name, 0.0)
    return found["value"] if isinstance(found, dict) else found


def table(measures: dict[str, dict], rises: dict[str, dict[str, dict]]) -> dict[str, np.ndarray]:
    """Columns [samples, versions] for sample, bare and frame-only; `rise` is what was measured, the others forecast it."""
    names = sorted(measures.keys() & rises.keys())
    triples = lambda of: np.array([[of(name, condition) for condition in CORE] for name in names], dtype=float)
    taught = dict(zip(CORE, ("taught", "taughtBare", "taughtFrameOnly")))
    nll = {"sample": "spanNll", "bare": "bareSpanNll"}
    tokens = lambda name, condition: rises[name][condition]["tokens"]
    absent = lambda condition: condition == "frame-only"  # the payload does not stand in it, so nothing of it is seen
    return {
        "rise": triples(lambda name, c: rises[name][c]["rise"]),
        "taught": triples(lambda name, c: value(measures[name], taught[c])),
        "NLL of the payload in the text": triples(lambda name, c: 0 if absent(c) else value(measures[name], nll[c])),
        "NLL after the neutral context": triples(lambda name, c: 0 if absent(c) else value(measures[name], "neutralNll")),
        "frame effect": triples(lambda name, c: -value(measures[name], "frameEffect") if c == "sample" else 0),
        "payload tokens": triples(lambda name, c: 0 if absent(c) else tokens(name, c)["payload"]),
        "payload's share of the text": triples(
            lambda name, c: 0 if absent(c) else tokens(name, c)["payload"] / tokens(name, c)["text"]
        ),
        "text tokens": triples(lambda name, c: tokens(name, c)["text"]),
    }


def sample_rows(measures: dict[str, dict], rises: dict[str, dict[str, dict]]) -> list[dict]:
    """One for each sample: what was forecast and what was measured of its three versions, nats per payload token."""
    taught = dict(zip(CORE, ("taught", "taughtBare", "taughtFrameOnly")))
    return [
        {
            "id": name,
            "source": rises[name]["sample"]["source"],
            "forecast": {condition: round(value(measures[name], taught[condition]), 5) for condition in CORE},
            "measured": {condition: rises[name][condition]["rise"] for condition in CORE},
        }
        for name in sorted(measures.keys() & rises.keys())
    ]


def correlations(forecast: np.ndarray, rise: np.ndarray) -> dict[str, float]:
    """Spearman's; both [samples, versions], in the order of CORE."""
    isolated = not forecast[:, 1].any()  # says nothing of the bare version: it forecasts the ratio as it is
    divisible = (rise[:, 1] > LEAST_BARE) & ((forecast[:, 1] != 0) | isolated)
    ratio = lambda column: column[divisible, 0] / (column[divisible, 1] if column[:, 1].any() else 1)
    spearman = lambda a, b: float(spearmanr(a, b).statistic) if len(a) > 2 and np.ptp(a) > 0 and np.ptp(b) > 0 else 0.0
    return {
        "pooled": spearman(forecast.ravel(), rise.ravel()),
        "warned": spearman(forecast[:, 0], rise[:, 0]),
        "ratio": spearman(ratio(forecast), ratio(rise)),
    }


def calibration(forecast: np.ndarray, rise: np.ndarray) -> dict[str, float]:
    """Root mean squared error, nats per payload token, and the slope of measured against forecast."""
    return {
        "rmse": float(np.sqrt(((forecast - rise) ** 2).mean())),
        "slope": float(np.polyfit(forecast.ravel(), rise.ravel(), 1)[0]),
    }


def with_intervals(columns: dict[str, np.ndarray]) -> dict[str, dict]:
    random, count = np.random.default_rng(SEED), len(columns["rise"])
    draws = [random.integers(0, count, count) for _ in range(RESAMPLES)]
    result = {}
    for name in columns.keys() - {"rise"}:
        values = correlations(columns[name], columns["rise"])
        drawn = [correlations(columns[name][draw], columns["rise"][draw]) for draw in draws]
        result[name] = {
            what: {"value": values[what], **dict(zip(("low", "high"), np.quantile([d[what] for d in drawn], (0.05, 0.95))))}
            for what in values
        }
    return dict(sorted(result.items(), key=lambda item: -item[1]["warned"]["value"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with dev/*.jsonl of labelled texts")
    arguments = parser.parse_args()
    rises = measured_rises(OUTPUT / "rises.jsonl")
    samples = [s for s in all_samples(arguments.corpora, Tokens.of_pack(PACK)) if s.id in rises]
    measures = product_measures(samples)
    SAMPLES.write_text("".join(json.dumps(row) + "\n" for row in sample_rows(measures, rises)))
    columns = table(measures, rises)
    rise = columns["rise"]
    ratio = rise[rise[:, 1] > LEAST_BARE, 0] / rise[rise[:, 1] > LEAST_BARE, 1]
    result = {
        "samples": len(rise),
        "sources": len({s.source for s in samples}),
        "seed": SEED,
        "resamples": RESAMPLES,
        "meanRise": dict(zip(CORE, rise.mean(0).tolist())),
        "ratioQuartiles": np.quantile(ratio, (0.25, 0.5, 0.75)).tolist(),
        "calibration": calibration(columns["taught"], rise),
        "spearman": with_intervals(columns),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
