"""Measures by training what warning-framed texts teach:

    python -m backfire_lab.ground_truth [--corpora FOLDER] [--output FOLDER] [--threads 2] [--most RUNS] [--list]

Trains the embedded model on each sample of lab/data/samples.jsonl and on a selection from FOLDER/dev/*.jsonl (labelled
corpora; left out, saying so, where there is none), under every condition of conditions.py. OUTPUT/rises.jsonl gets one
row for each (id, seed, condition): the rise of mean log p(payload | neutral context), in nats per payload token. A run
that was killed goes on where it stopped. OUTPUT/config.json holds all that the figures depend on.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.ground_truth.configuration import configuration, keep
from backfire_lab.ground_truth.corpora import warned_samples
from backfire_lab.ground_truth.learner import Learner
from backfire_lab.ground_truth.measuring import measure
from backfire_lab.ground_truth.own_samples import FILLER, filler_texts, own_samples
from backfire_lab.ground_truth.plan import runs
from backfire_lab.ground_truth.results import Results
from backfire_lab.ground_truth.sample import Sample
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.reference import load_reference

OUTPUT = ROOT / "lab" / "results" / "ground-truth"


def all_samples(corpora: Path | None, tokens: Tokens) -> list[Sample]:
    own = own_samples()
    if corpora is None or not (corpora / "dev").is_dir():
        where = "no --corpora was given" if corpora is None else f"{corpora / 'dev'} is not there"
        print(f"Borrowed samples are left out: {where}.", flush=True)
        return own
    return warned_samples(corpora, tokens) + own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with dev/*.jsonl of labelled texts")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--most", type=int, help="stop after this many runs")
    parser.add_argument("--list", action="store_true", help="only count the runs")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tokens = Tokens.of_pack(PACK)
    samples = all_samples(arguments.corpora, tokens)
    plan = list(runs(samples))
    if arguments.list:
        count = Counter((run.seed, run.condition) for run in plan)
        print(f"{len(samples)} samples, {len(plan)} runs")
        print("\n".join(f"seed {seed}  {condition:14} {n}" for (seed, condition), n in count.items()))
        return
    results = Results(arguments.output / "rises.jsonl")
    keep(arguments.output / "config.json", configuration(PACK, FILLER, samples))
    before = len(results.rows)
    clock = time.monotonic()

    def report(row: dict) -> None:
        seconds = (time.monotonic() - clock) / (len(results.rows) - before)
        print(
            f"{len(results.rows)}/{len(plan)} {seconds:.1f} s a run  {row['id']} {row['seed']} {row['condition']}"
            f"  {row['tokens']['text']} tokens  rise {row['rise']:+.3f}",
            flush=True,
        )
        if arguments.most is not None and len(results.rows) - before >= arguments.most:
            raise SystemExit(0)

    learner_of = lambda seed: Learner(load_reference(PACK), tokens.ids, filler_texts(), seed)
    measure(plan, results, tokens, learner_of, report)
    print(f"{len(results.rows)} rows in {arguments.output}", flush=True)


if __name__ == "__main__":
    main()
