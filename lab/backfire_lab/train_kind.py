"""Trains and measures the classifier of what a frame warns against.

    python -m backfire_lab.train_kind CORPORA --labels FILE [--seed 7] [--measure-only] [--grid]

`CORPORA` holds `dev/*.jsonl`; of their texts nothing but weights goes into the project. `FILE` holds hand labels, lines
of {id, source, kind, sure, second?, sha256} (lab/data/kind-labels.jsonl). Our own texts are lab/data/samples.jsonl and
lab/data/kind-samples.jsonl.

Measures first, every source held out in turn and judged by the hand labels, beside baselines; prints the table and
writes lab/results/kind/figures.json. Then trains on everything and writes src/analysis/kind/weights.json and the golden
values that the TypeScript is compared with, test/golden/kind.jsonl.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from .kind.examples import DATA, Example, corpus_examples, own_examples, read_jsonl, unframed
from .kind.features import KINDS, cut_texts
from .kind.measuring import (
    RESAMPLES,
    calibration,
    figures,
    held_out,
    held_out_majority,
    held_out_ngrams,
    keyword_scores,
    set_aside,
)
from .kind.model import Settings, fit, matrices, predict, targets, weights_file, write_weights

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "lab" / "results" / "kind" / "figures.json"
WEIGHTS = ROOT / "src" / "analysis" / "kind" / "weights.json"
GOLDEN = ROOT / "test" / "golden" / "kind.jsonl"
THRESHOLDS = [0.0, 0.4, 0.5, 0.6, 0.7, 0.8]

# Hostile or odd, and the edges of what is cut.
ODD_TEXTS = [
    {"text": "x", "frame": None, "payload": [0, 1]},
    {"text": "BAD:\ud83d\ude00 eval(\ud83d\ude00)", "frame": [0, 4], "payload": [6, 14]},
    {"text": "# H\u00c4RTE\n\n" + "w\u00f6rter und mehr " * 400 + "\n// never\n" + "eval(x);\n" * 400, "frame": [6009, 6017], "payload": [6018, 9618]},
    {"text": "payload first\n" + "between " * 200 + "\nDon't: a hacker reads it", "frame": [1615, 1639], "payload": [0, 13]},
    {"text": "Title \u0130\u017f\u212a\n=====\n\nBAD\r\n\tMD5(\u00a0pw )\u2028SELECT a FROM b WHERE c='\"+d", "frame": [17, 20], "payload": [22, 62]},
]


def measure(examples: list[Example], settings: Settings, seed: int) -> dict:
    scores = {
        "classifier": held_out(examples, settings),
        "word n-grams": held_out_ngrams(examples, settings, seed),
        "keyword list": keyword_scores(examples),
        "majority": held_out_majority(examples),
    }
    return {
        "command": "python -m backfire_lab.train_kind CORPORA --labels lab/data/kind-labels.jsonl",
        "seed": seed,
        "resamples": RESAMPLES,
        "settings": asdict(settings),
        "trainedOn": {origin: sum(e.origin == origin for e in examples) for origin in ("own", "unframed", "hand", "category")},
        "methods": {name: figures(examples, found, seed) for name, found in scores.items()},
        "calibration": calibration(examples, scores["classifier"]),
        "setAsideAsStyle": set_aside(examples, scores["classifier"], THRESHOLDS),
    }


def print_table(result: dict) -> None:
    first = result["methods"]["classifier"]
    print(f"Hand labels of held-out sources: n {first['n']}, security {first['security']}, seed {result['seed']}")
    print(f"{'method':14} {'security F1':>11} {'90 % interval':>16} {'precision':>9} {'recall':>7} {'sure F1':>8} {'accuracy':>9}")
    for name, row in result["methods"].items():
        low, high = row["securityF1Interval"]
        print(
            f"{name:14} {row['securityF1']:11.3f} {low:9.3f}-{high:.3f} {row['securityPrecision']:10.3f}"
            f" {row['securityRecall']:7.3f} {row['securityF1Sure']:8.3f} {row['accuracy']:9.3f}"
        )
    print("\nConfusion of the classifier (rows: hand label)")
    print(f"{'':20}" + "".join(f"{kind[:12]:>13}" for kind in KINDS))
    for kind, row in first["confusion"].items():
        print(f"{kind:20}" + "".join(f"{row[other]:13}" for other in KINDS))
    print("\nBy source: n, security, found, falsely found, accuracy")
    for source, row in first["sources"].items():
        print(f"{source:20}{row['n']:5}{row['security']:5}{row['hits']:5}{row['falseHits']:5}{row['accuracy']:8.3f}")
    print("\nSet aside as style, by hand label and least probability")
    for row in result["setAsideAsStyle"]:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    print("\nProbability of the named kind and the share that is right, in fifths")
    print("  ".join(f"{row['probability']:.2f}: {row['right']:.2f}" for row in result["calibration"]))


def print_grid(examples: list[Example], settings: Settings, seed: int) -> None:
    neighbours = [("as chosen", settings)] + [
        (f"{name} {value}", replace(settings, **{name: value}))
        for name, values in {
            "inverse_penalty": [0.1, 1.0],
            "word_scale": [0.0, 1.0, 3.0],
            "own_weight": [0.0, 0.5, 2.0],
            "unframed_weight": [0.0, 0.5],
            "category_weight": [0.0, 0.1, 0.6],
            "unsure_share": [0.5, 1.0],
            "balance": [0.0, 1.0],
        }.items()
        for value in values
    ]
    for name, each in neighbours:
        row = figures(examples, held_out(examples, each), seed)
        print(f"{name:22} F1 {row['securityF1']:.3f}  sure {row['securityF1Sure']:.3f}  accuracy {row['accuracy']:.3f}", flush=True)


def golden(weights: dict) -> list[dict]:
    """Probabilities for every fourth text of our own, once more without its frame, and for odd ones."""
    cases = []
    for name in ("samples.jsonl", "kind-samples.jsonl"):
        for record in list(read_jsonl(DATA / name))[::4]:
            cases.append({"text": record["text"], "frame": record["frame"], "payload": record["payload"]})
    cases += [{**case, "frame": None} for case in cases[::4]] + ODD_TEXTS
    return [
        {
            **case,
            "probabilities": predict(
                weights, cut_texts(case["text"], case["frame"] and tuple(case["frame"]), tuple(case["payload"]))
            ),
        }
        for case in cases
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--labels", type=Path, default=DATA / "kind-labels.jsonl")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--measure-only", action="store_true")
    parser.add_argument("--grid", action="store_true", help="print the figures of neighbouring settings and stop")
    options = parser.parse_args()

    settings = Settings()
    own = own_examples()
    examples = own + unframed(own) + corpus_examples(options.corpora, options.labels)
    if options.grid:
        print_grid(examples, settings, options.seed)
        return
    result = measure(examples, settings, options.seed)
    print_table(result)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if options.measure_only:
        return
    dense, words = matrices(examples)
    everything = np.ones(len(examples), dtype=bool)
    model = fit(dense, words, targets(examples, everything, settings), settings)
    weights = weights_file(model, settings, {"trainedOn": result["trainedOn"], "command": result["command"]})
    write_weights(WEIGHTS, weights)
    lines = [json.dumps(case, ensure_ascii=True) + "\n" for case in golden(weights)]
    GOLDEN.write_text("".join(lines), encoding="utf-8")
    print(f"\n{WEIGHTS.stat().st_size} bytes of weights, {len(lines)} golden texts")


if __name__ == "__main__":
    main()
