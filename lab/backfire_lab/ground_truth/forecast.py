"""How well the product's measures forecast what training taught, beside trivial baselines:

    python -m backfire_lab.ground_truth.forecast [--corpora FOLDER]

Scores the samples with the built product (`backfire score`), joins them with the rows of seed 0 in rises.jsonl, and writes
lab/results/forecast-samples.jsonl (both, sample by sample) and forecast.json: Spearman's rank correlation with the rise, pooled over
sample, bare and frame-only versions, within the warned samples alone, and of the ratio sample / bare; each with a 90 % interval from
resampling whole samples, and so for the lead of the product's over each other. `natural` is the same without the samples that were
written for this project.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import backfire_lab.before_torch  # noqa: F401
from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.ground_truth.__main__ import OUTPUT, all_samples
from backfire_lab.ground_truth.baselines import chance, combined, keyword_strength
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.own_samples import SOURCE as OWN
from backfire_lab.ground_truth.results import by_sample, read_rows
from backfire_lab.ground_truth.sample import Sample, Span
from backfire_lab.ground_truth.tokens import Tokens

RESULT = ROOT / "lab" / "results" / "forecast.json"
SAMPLES = ROOT / "lab" / "results" / "forecast-samples.jsonl"
RESAMPLES, SEED = 2000, 7
LEVELS = ("high", "medium", "low", "none")
LEAST_BARE = 0.1  # nats per token: below it a ratio divides by noise


def utf16(text: str, span: Span) -> list[int]:
    units = lambda end: len(text[:end].encode("utf-16-le")) // 2
    return [units(span.start), units(span.end)]


def product_scores(samples: list[Sample]) -> dict[str, dict]:
    """{id: line of `backfire score`} from the built command line; a sample that it can't score is absent."""
    return {line["id"]: line for line in scored([{"id": sample.id, **score_line(sample)} for sample in samples])}


def score_line(sample: Sample) -> dict:
    """A line of `backfire score`, without an id."""
    frame, payload = utf16(sample.text, sample.frame), utf16(sample.text, sample.payload)
    return {"text": sample.text, "frame": frame, "payload": payload, "language": sample.language}


def scored(lines: list[dict]) -> list[dict]:
    """What the built command line says of each line, those left out that it can't score."""
    done = subprocess.run(
        ["node", str(ROOT / "dist" / "cli.mjs"), "score", "-", "--kind", "all"],  # the level by measures alone
        input="\n".join(map(json.dumps, lines)), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [line for line in map(json.loads, done.stdout.splitlines()) if line["type"] == "score"]


def measured_rises(path: Path) -> dict[str, dict[str, dict]]:
    """{id: {condition: row}} of seed 0, for the samples whose three versions were all trained."""
    core = (row for row in read_rows(path) if row["condition"] in CORE)
    return {name: rows for name, rows in by_sample(core).items() if len(rows) == len(CORE)}


def value(measures: dict, name: str) -> float:
    """A measure as a number; a version that could not be measured counts as teaching nothing."""
    found = measures.get(name, 0.0)
    return found["value"] if isinstance(found, dict) else found


def table(measures: dict[str, dict], rises: dict[str, dict[str, dict]], frames: dict[str, str]) -> dict[str, np.ndarray]:
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
        "strength of the warning's words": triples(lambda name, c: 0 if c == "bare" else keyword_strength(frames[name])),
    }


def with_combinations(columns: dict[str, np.ndarray], sources: np.ndarray) -> dict[str, np.ndarray]:
    """The columns, what all but the product's own make together, what they add to it, and chance."""
    rise, trivial = columns["rise"], {name: values for name, values in columns.items() if name not in ("rise", "taught")}
    everything = {"taught": columns["taught"], **trivial}
    return {
        **columns,
        **{f"baselines together, {learner}": forecast for learner, forecast in combined(trivial, rise, sources).items()},
        **{f"taught and baselines, {learner}": forecast for learner, forecast in combined(everything, rise, sources).items()},
        "chance": chance(rise),
    }


def sample_rows(scores: dict[str, dict], rises: dict[str, dict[str, dict]]) -> list[dict]:
    """One for each sample: what was forecast and what was measured of its three versions, nats per payload token, and its level."""
    taught = dict(zip(CORE, ("taught", "taughtBare", "taughtFrameOnly")))
    return [
        {
            "id": name,
            "source": rises[name]["sample"]["source"],
            "level": scores[name]["level"],
            "forecast": {condition: round(value(scores[name]["measures"], taught[condition]), 5) for condition in CORE},
            "measured": {condition: rises[name][condition]["rise"] for condition in CORE},
        }
        for name in sorted(scores.keys() & rises.keys())
    ]


def by_level(rows: list[dict]) -> dict[str, dict]:
    """What training on the samples of each level taught: nats per payload token, the middle and where nine of ten lie."""
    taught = {level: [row["measured"]["sample"] for row in rows if row["level"] == level] for level in LEVELS}
    parts = lambda values: dict(zip(("low", "median", "high"), np.quantile(values, (0.05, 0.5, 0.95)).tolist()))
    return {level: {"samples": len(values), "taught": parts(values)} for level, values in taught.items() if values}


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
    """{forecast: {what: value, low, high and, but for `taught`, its lead over this one}}, the best within the warned first."""
    random, count = np.random.default_rng(SEED), len(columns["rise"])
    draws = [np.arange(count), *(random.integers(0, count, count) for _ in range(RESAMPLES))]
    drawn = {
        name: [correlations(columns[name][draw], columns["rise"][draw]) for draw in draws] for name in columns.keys() - {"rise"}
    }  # the first is the value itself
    result = {}
    for name, values in drawn.items():
        result[name] = {what: estimate([one[what] for one in values]) for what in values[0]}
        if name != "taught":
            lead = lambda what: estimate([ours[what] - theirs[what] for ours, theirs in zip(drawn["taught"], values, strict=True)])
            result[name]["lead"] = {what: lead(what) for what in values[0]}
    return dict(sorted(result.items(), key=lambda item: -item[1]["warned"]["value"]))


def estimate(values: Sequence[float]) -> dict[str, float]:
    """The first with the 90 % interval of the others."""
    low, high = np.quantile(values[1:], (0.05, 0.95))
    return {"value": values[0], "low": float(low), "high": float(high)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with dev/*.jsonl of labelled texts")
    arguments = parser.parse_args()
    rises = measured_rises(OUTPUT / "rises.jsonl")
    samples = [s for s in all_samples(arguments.corpora, Tokens.of_pack(PACK)) if s.id in rises]
    scores = product_scores(samples)
    measures, rows = {name: line["measures"] for name, line in scores.items()}, sample_rows(scores, rises)
    SAMPLES.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sources = np.array([row["source"] for row in rows])
    columns = with_combinations(table(measures, rises, {s.id: s.frame.of(s.text) for s in samples}), sources)
    rise, natural = columns["rise"], sources != OWN
    ratio = rise[rise[:, 1] > LEAST_BARE, 0] / rise[rise[:, 1] > LEAST_BARE, 1]
    result = {
        "samples": len(rise),
        "sources": len({s.source for s in samples}),
        "seed": SEED,
        "resamples": RESAMPLES,
        "meanRise": dict(zip(CORE, rise.mean(0).tolist())),
        "ratioQuartiles": np.quantile(ratio, (0.25, 0.5, 0.75)).tolist(),
        "calibration": calibration(columns["taught"], rise),
        "levels": by_level(rows),
        "spearman": with_intervals(columns),
        "natural": {
            "samples": int(natural.sum()),
            "spearman": with_intervals({name: values[natural] for name, values in columns.items()}),
        },
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
