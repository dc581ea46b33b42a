"""Compares layers, widths, sparsities, variants, learning rates and batches on few tokens:

    python -m backfire_lab.sae.sweep [--tokens 1000000] [--most TOKENS] [--threads 2]

One change at a time from BASE. Gathers what is missing, trains each autoencoder for the same
tokens, measures it on the same held-out text and writes lab/results/sae/sweep.json, a row each. The criterion: the least change of
cross-entropy on the worst of the three domains among rows of the same K and at most 2 % dead; variance explained (median token)
decides near ties. Layers differ in what the rest of the model still has to do, so that between layers recovery against mean ablation counts as well.
Rows that are there are kept.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.sae.gather import begin, folder_of, gather, runner
from backfire_lab.sae.places import RESULTS, cache, write_json
from backfire_lab.sae.report import domains_after, measure, texts
from backfire_lab.sae.sequences import Sequences
from backfire_lab.sae.shards import TOKENS
from backfire_lab.sae.train import Settings, run

BASE = Settings(layer=16, width=8192, k=48, variant="batchtopk", seed=0, tokens=0, random=None, batch=2048, rate=2e-3)
CHANGES: tuple[dict, ...] = (
    {}, {"k": 32}, {"k": 64}, {"variant": "topk"}, {"variant": "matryoshka"}, {"width": 4096}, {"width": 16_384},
    {"rate": 5e-4}, {"rate": 1e-3}, {"rate": 4e-3}, {"batch": 512}, {"batch": 256}, {"layer": 12}, {"layer": 20},
)  # fmt: skip


def row(change: dict, result: dict) -> dict:
    domains = result["domains"]
    of = lambda name: {d: domains[d]["splice"][name] for d in domains}
    return {
        "change": change,
        "deltaCrossEntropy": of("deltaCrossEntropy"),
        "recoveredAgainstMean": of("recoveredAgainstMean"),
        "varianceExplained": {d: domains[d]["varianceExplained"]["all"] for d in domains},
        "medianToken": {d: domains[d]["varianceExplained"]["medianToken"] for d in domains},
        "meanL0": {d: domains[d]["l0"]["mean"] for d in domains},
        "deadShare": result["dead"]["share"],
    }


def rows_so_far(path: Path, setting: dict) -> list[dict]:
    """Of an earlier call of the same setting."""
    before = json.loads(path.read_text()) if path.exists() else {}
    return before["rows"] if before and {**before, "rows": []} == {**setting, "rows": []} else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=1_000_000, help="gathered, and trained on, for each choice")
    parser.add_argument("--most", type=int, default=16_384, help="held-out tokens of each domain")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    sequences, held_out = Sequences.load(cache() / "train.npz"), texts(arguments.most)
    path, setting = RESULTS / "sweep.json", {"base": asdict(replace(BASE, tokens=arguments.tokens)), "heldOutTokens": arguments.most}
    rows, domains = rows_so_far(path, setting), {}
    for change in CHANGES:
        if any(row["change"] == change for row in rows):
            continue
        settings = replace(BASE, tokens=arguments.tokens, **change)
        source = folder_of("train", settings.layer, None)
        begin(source, "train", settings.layer, random=None, exact=False)
        gather(sequences, source, runner(settings.layer, None, False, arguments.threads), arguments.tokens)
        folder = cache() / "sweep" / f"{settings.name()}-rate{settings.rate:g}-batch{settings.batch}"
        run(settings, source, folder, -(-arguments.tokens // TOKENS))
        if settings.layer not in domains:
            domains[settings.layer] = domains_after(settings.layer, None, held_out, arguments.threads)
        result, _ = measure(folder, asdict(settings), domains[settings.layer])
        rows.append(row(change, result))
        write_json(path, {**setting, "rows": sorted(rows, key=lambda row: CHANGES.index(row["change"]))})


if __name__ == "__main__":
    main()
