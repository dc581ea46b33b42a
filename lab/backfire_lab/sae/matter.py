"""Which features matter: those that fire alike on payloads with and without their warning, and little on the fixed code.

    python -m backfire_lab.sae.matter

Takes the project's samples with their fixes (lab/data/samples.jsonl), splits them by a hash of their id, and on the first half tests
each feature that fires in enough of them: is the smaller of its mean activations on the payload, warned and bare, larger
than on the fix? Wilcoxon's signed-rank test over pairs, one-sided; Benjamini–Hochberg at FDR 0.1. All that is reported comes from the
second half: how often the chosen features' sum is larger on the payload than on its fix, beside a difference of means, raw dimensions
chosen alike, and random features; and what is lost in log p(payload), and in what the warned sample would teach by the product's
measure, when they are removed from the payload's residual stream, beside as many other features of like activation. Intervals: 95 %, bootstrap over samples.

Writes lab/results/sae/matter.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from scipy.stats import wilcoxon
from tokenizers import Tokenizer

from backfire_lab.build_pack import PACK
from backfire_lab.ground_truth.learner import neutral_context
from backfire_lab.ground_truth.own_samples import own_samples
from backfire_lab.ground_truth.sample import Placed, Sample, Span, with_payload, without_frame
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.places import RESULTS, share, write_json
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.shards import sinks
from backfire_lab.sae.splice import UpperHalf
from backfire_lab.sae.teaching import Teaching

FDR = 0.1
LEAST_SAMPLES = 5  # of the first half, in which a feature must fire to be tested
LEAST_CHOSEN = 10  # by p where fewer pass: then the result says so
DRAWS, SEED = 2000, 11
VERSIONS = ("warned", "bare", "fixed")


@dataclass(frozen=True)
class Run:
    """One version of a sample through the lower half."""

    ids: np.ndarray
    tokens: slice  # of the payload, or of the fix
    residual: torch.Tensor
    context: list[int]  # tokens after which the payload is asked for alone
    asked: list[int]  # the payload's then

    @property
    def payload(self) -> torch.Tensor:
        """[tokens, hidden] without sinks."""
        return self.residual[self.tokens][~self.sinks()[self.tokens]]

    def sinks(self) -> np.ndarray:
        return sinks(self.residual.numpy(), np.arange(len(self.ids)) == 0)


def versions_of(sample: Sample) -> dict[str, Placed]:
    bare, fix = without_frame(sample), sample.fix.strip("\n")
    fixed = Placed(with_payload(bare, fix), Span(bare.payload.start, bare.payload.start + len(fix)))
    return {"warned": Placed(sample.text, sample.payload), "bare": bare, "fixed": fixed}


def run_of(placed: Placed, language: str, tokenizer: Tokenizer, lower: Blocks) -> Run:
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False)
    encoding = encode(placed.text)
    inside = [i for i, (start, end) in enumerate(encoding.offsets) if start < placed.payload.end and end > placed.payload.start]
    ids = np.array(encoding.ids, np.int64)
    residual = torch.from_numpy(lower.run(ids, [len(ids)]))
    asked = [encode(text).ids for text in (neutral_context(language), placed.payload.of(placed.text))]
    return Run(ids, slice(inside[0], inside[-1] + 1), residual, *asked)


def means(runs: list[dict[str, Run]], of) -> dict[str, np.ndarray]:
    """{version: [samples, columns]}, means over the payload's tokens."""
    return {version: np.stack([of(run[version].payload).mean(0).numpy() for run in runs]) for version in VERSIONS}


def p_values(columns: dict[str, np.ndarray]) -> np.ndarray:
    """[columns]; 1 for what fires in too few samples."""
    kept = np.minimum(columns["warned"], columns["bare"]) - columns["fixed"]
    tested = (np.maximum(columns["warned"], columns["bare"]) > 0).sum(0) >= LEAST_SAMPLES
    p = np.ones(kept.shape[1])
    for i in np.flatnonzero(tested & (kept != 0).any(0)):
        p[i] = wilcoxon(kept[:, i], alternative="greater", zero_method="zsplit").pvalue
    return p


def discoveries(p: np.ndarray, tested: int) -> np.ndarray:
    """Benjamini–Hochberg over the `tested` hypotheses."""
    order = np.argsort(p, kind="stable")
    passing = np.flatnonzero(p[order] <= FDR * np.arange(1, len(p) + 1) / max(1, tested))
    return order[: passing[-1] + 1] if len(passing) else order[:0]


def interval(values: np.ndarray, statistic=np.mean) -> dict[str, float]:
    random = np.random.default_rng(SEED)
    draws = [statistic(values[random.integers(0, len(values), len(values))]) for _ in range(DRAWS)]
    low, high = np.quantile(draws, (0.025, 0.975))
    return {"value": float(statistic(values)), "low": float(low), "high": float(high)}


def larger_on_payload(scores: dict[str, np.ndarray]) -> dict[str, dict]:
    """Share of pairs in which the payload scores more than its fix, a tie counting half; for the warned and the bare form."""
    won = lambda version: np.sign(scores[version] - scores["fixed"]) / 2 + 0.5
    return {version: interval(won(version)) for version in ("warned", "bare")}


def scored(columns: dict[str, np.ndarray], chosen: np.ndarray) -> dict[str, np.ndarray]:
    return {version: values[:, chosen].sum(1) for version, values in columns.items()}


def random_like(chosen: np.ndarray, columns: dict[str, np.ndarray], random: np.random.Generator) -> np.ndarray:
    """As many other features, each of about the same activation on bare payloads as one of the chosen."""
    level = columns["bare"].mean(0)
    order = np.argsort(level, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    taken, picked = set(chosen.tolist()), []
    for latent in chosen:
        near = [order[i] for i in range(max(0, place[latent] - 30), min(len(order), place[latent] + 31)) if order[i] not in taken]
        pick = int(random.choice(near))
        taken.add(pick)
        picked.append(pick)
    return np.array(picked)


def log_p(upper: UpperHalf, run: Run, residual: torch.Tensor) -> float:
    """Mean log p of the payload's tokens, nats."""
    rows = range(max(1, run.tokens.start), run.tokens.stop)
    hidden = upper.hidden(residual, [len(run.ids)])[[i - 1 for i in rows]]
    log_q = (hidden @ upper.unembedding.T).log_softmax(-1)
    return float(log_q[range(len(rows)), run.ids[list(rows)]].mean())


def without(run: Run, saved: Saved, latents: np.ndarray) -> torch.Tensor:
    """The residual stream with these features taken out of the payload."""
    residual, rows = run.residual.clone(), torch.arange(len(run.ids))[run.tokens]
    rows = rows[torch.from_numpy(~run.sinks()[run.tokens])]
    residual[rows] -= saved.activations(residual[rows])[:, latents] @ saved.decoder[latents]
    return residual


Measure = Callable[[torch.Tensor], float]  # of a run's stream


def losses(measure_of: Callable[[Run], Measure], runs: list[Run], saved: Saved, chosen: np.ndarray, likes: list[np.ndarray]) -> dict:
    """By how much a measure of a run's stream falls when features are taken out of the payload: the chosen, and as many others."""
    lost: dict[str, list[float]] = {"chosen": [], "others": []}
    for run in runs:
        measure = measure_of(run)
        whole = measure(run.residual)
        loss = lambda latents: whole - measure(without(run, saved, latents))
        lost["chosen"].append(loss(chosen))
        lost["others"].append(float(np.mean([loss(like) for like in likes])))
    of_chosen, of_others = np.array(lost["chosen"]), np.array(lost["others"])
    return {"chosen": interval(of_chosen), "others": interval(of_others), "difference": interval(of_chosen - of_others)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--controls", type=int, default=20, help="random sets that the chosen features are compared with")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pack, saved = json.loads((PACK / "pack.json").read_text()), Saved.load(PACK)
    tokenizer = Tokenizer.from_file(str(PACK / "tokenizer.json"))
    lower, upper = Blocks(PACK, 1, pack["layer"], arguments.threads), UpperHalf(PACK, pack["layer"], arguments.threads)
    samples = [sample for sample in own_samples() if sample.fix]
    runs = [{name: run_of(placed, sample.language, tokenizer, lower) for name, placed in versions_of(sample).items()} for sample in samples]
    first = np.array([share("matter", sample.id) < 0.5 for sample in samples])
    halves = [[run for run, is_first in zip(runs, first) if is_first is wanted] for wanted in (np.True_, np.False_)]
    features = [means(half, saved.activations) for half in halves]
    raw = [means(half, lambda rows: rows) for half in halves]

    p = p_values(features[0])
    tested = int((p < 1).sum())
    found = discoveries(p, tested)
    chosen = found if len(found) >= LEAST_CHOSEN else np.argsort(p, kind="stable")[:LEAST_CHOSEN]
    again = p_values(features[1])[chosen]
    direction = raw[0]["bare"].mean(0) - raw[0]["fixed"].mean(0)
    dimensions = np.argsort(p_values({k: np.abs(v) for k, v in raw[0].items()}), kind="stable")[: len(chosen)]
    random = np.random.default_rng(SEED)
    likes = [random_like(chosen, features[0], random) for _ in range(arguments.controls)]
    pairs = {
        "chosen features": larger_on_payload(scored(features[1], chosen)),
        "difference of means": larger_on_payload({k: v @ direction for k, v in raw[1].items()}),
        "raw dimensions": larger_on_payload(scored({k: np.abs(v) for k, v in raw[1].items()}, dimensions)),
        "random features": larger_on_payload(scored(features[1], likes[0])),
    }
    alike = np.minimum(features[1]["warned"], features[1]["bare"])[:, chosen].sum() / np.maximum(
        features[1]["warned"], features[1]["bare"]
    )[:, chosen].sum()
    warned, teaching = [run["warned"] for run in halves[1]], Teaching(PACK)

    def log_p_of(run: Run) -> Measure:
        return lambda stream: log_p(upper, run, stream)

    def taught_of(run: Run) -> Measure:
        asked = teaching.ask(run.context, run.asked)
        return lambda stream: teaching.measure(list(run.ids), asked, stream - run.residual)

    write_json(
        RESULTS / "matter.json",
        {
            "samples": {"first": len(halves[0]), "second": len(halves[1])},
            "fdr": FDR,
            "tested": tested,
            "discoveries": len(found),
            "chosen": [{"latent": int(i), "p": float(p[i]), "pSecond": float(q)} for i, q in zip(chosen, again)],
            "alike": float(alike),
            "pairs": pairs,
            "removal": {
                "logP": losses(log_p_of, warned, saved, chosen, likes),
                "taught": losses(taught_of, warned, saved, chosen, likes),
            },
            "seed": SEED,
            "draws": DRAWS,
        },
    )
    print((RESULTS / "matter.json").read_text())


if __name__ == "__main__":
    main()
