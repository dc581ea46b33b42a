"""Compares layers, sparsities and variants on few tokens:

    python -m backfire_lab.sae.sweep [--tokens 1000000] [--most TOKENS] [--threads 2]

One change at a time from layer 16, K 48, TopK. Gathers what is missing, trains each autoencoder for the same tokens, measures it on the
same held-out text and writes lab/results/sae/sweep.json, a row each. The criterion: the least change of cross-entropy on the worst of
the three domains among rows with a mean L0 of at most 48 and at most 2 % dead; variance explained (median token) decides near ties.
Layers differ in what the rest of the model still has to do, so that between layers recovery against mean ablation counts as well.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import backfire_lab.ground_truth.threads  # noqa: F401, I001  before torch
import torch

from backfire_lab.sae.gather import begin, folder_of, gather, runner
from backfire_lab.sae.places import RESULTS, cache, write_json
from backfire_lab.sae.report import measure, texts
from backfire_lab.sae.sequences import Sequences
from backfire_lab.sae.shards import TOKENS
from backfire_lab.sae.train import Settings, run


@dataclass(frozen=True)
class Choice:
    layer: int = 16
    k: int = 48
    variant: str = "topk"


CHOICES = (
    Choice(), Choice(layer=12), Choice(layer=20), Choice(k=32), Choice(k=64), Choice(variant="batchtopk"), Choice(variant="matryoshka"),
)  # fmt: skip


def row(choice: Choice, result: dict) -> dict:
    domains = result["domains"]
    of = lambda name: {d: domains[d]["splice"][name] for d in domains}
    return {
        "layer": choice.layer,
        "k": choice.k,
        "variant": choice.variant,
        "deltaCrossEntropy": of("deltaCrossEntropy"),
        "recoveredAgainstMean": of("recoveredAgainstMean"),
        "medianToken": {d: domains[d]["varianceExplained"]["medianToken"] for d in domains},
        "meanL0": {d: domains[d]["l0"]["mean"] for d in domains},
        "deadShare": result["dead"]["share"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=1_000_000, help="gathered, and trained on, for each choice")
    parser.add_argument("--most", type=int, default=16_384, help="held-out tokens of each domain")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    sequences, held_out = Sequences.load(cache() / "train.npz"), texts(arguments.most)
    rows = []
    for choice in CHOICES:
        source = folder_of("train", choice.layer, None)
        begin(source, "train", choice.layer, random=None, exact=False)
        gather(sequences, source, runner(choice.layer, None, False, arguments.threads), arguments.tokens)
        settings = Settings(choice.layer, 8192, choice.k, choice.variant, seed=0, tokens=arguments.tokens, random=None)
        folder = cache() / "sweep" / settings.name()
        run(settings, source, folder, -(-arguments.tokens // TOKENS))
        result, _ = measure(folder, held_out, arguments.threads, splices=True)
        rows.append(row(choice, result))
        write_json(RESULTS / "sweep.json", {"tokens": arguments.tokens, "heldOutTokens": arguments.most, "rows": rows})


if __name__ == "__main__":
    main()
