"""Chooses layer, power and saturation of the kernel on the measured rises:

    python -m backfire_lab.ground_truth.choose_kernel [--corpora FOLDER]

taught_q = nll_q (1 - exp(-c g_q / nll_q)), g_q = sum over tokens s of (e_s . e_q) max(cos(r_s, r_q), 0) ** p, as in graphs.py,
for every layer, power and saturation below. What a choice is worth is judged by leaving each source out of the choosing. Writes
lab/results/kernel-choice.json: the setting with the least error over all, and the figures of the choice on sources left out.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

import backfire_lab.ground_truth.threads  # noqa: F401, I001  before torch
import torch

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.ground_truth.__main__ import OUTPUT, all_samples
from backfire_lab.ground_truth.conditions import CORE, training_texts
from backfire_lab.ground_truth.forecast import calibration, correlations, measured_rises
from backfire_lab.ground_truth.learner import neutral_context
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.reference import Pass, forward, load_reference

RESULT = ROOT / "lab" / "results" / "kernel-choice.json"
LAYERS, POWERS, SATURATIONS = (4, 8, 12, 16, 20, 24), (8, 12, 16, 24, 32, 48), (2, 3, 4, 5, 6, 8)
NEGLIGIBLE = 0.01  # pairs whose error product is smaller are left out: they are nearly all pairs, and nearly nothing

Setting = tuple[int, int, int]


@dataclass
class Pairs:
    """Pairs of a text's tokens and a payload's whose errors agree, of all versions one after the other."""

    errors: torch.Tensor  # [pairs] e_s . e_q
    cosines: torch.Tensor  # [layers, pairs]
    query: torch.Tensor  # [pairs] which payload token of which version
    nll: torch.Tensor  # [queries] after the neutral context
    version: torch.Tensor  # [queries]

    def taught(self, layer: int, power: int, saturation: float) -> np.ndarray:
        """[versions] nats per payload token"""
        products = self.errors * self.cosines[LAYERS.index(layer)].clamp(min=0) ** power
        gain = torch.zeros(len(self.nll)).index_add(0, self.query, products)
        bounded = self.nll * -torch.expm1(-saturation * gain.clamp(min=0) / self.nll)
        taught = torch.where(gain > 0, bounded, saturation * gain)
        sums = torch.zeros(int(self.version.max()) + 1).index_add(0, self.version, taught)
        return (sums / torch.bincount(self.version)).numpy()


def errors_of(run: Pass, ids: list[int], first: int) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax - onehot [tokens, vocabulary] and NLL [tokens] of the tokens from `first` on."""
    log_p, targets = run.log_probabilities[first - 1 : -1], torch.tensor(ids[first:])
    error = log_p.exp()
    error[torch.arange(len(targets)), targets] -= 1
    return error, -log_p.gather(1, targets[:, None])[:, 0]


def directions(run: Pass, first: int) -> torch.Tensor:
    """[layers, tokens, hidden], of length one"""
    residuals = torch.stack([run.residuals[layer][first - 1 : -1] for layer in LAYERS])
    return torch.nn.functional.normalize(residuals, dim=-1)


def gather(samples: list, tokens: Tokens) -> Pairs:
    model, parts, queries, version = load_reference(PACK), [], 0, 0
    for number, sample in enumerate(samples):
        context, payload = tokens.ids(neutral_context(sample.language)), tokens.ids(sample.payload.of(sample.text))
        asked = forward(model, context + payload)
        query_error, nll = errors_of(asked, context + payload, len(context))
        query_direction, texts = directions(asked, len(context)), training_texts(sample)
        for condition in CORE:
            ids = tokens.ids(texts[condition].text)
            run = forward(model, ids)
            agreement = errors_of(run, ids, 1)[0] @ query_error.T
            s, q = (agreement.abs() > NEGLIGIBLE).nonzero(as_tuple=True)
            cosine = directions(run, 1) @ query_direction.transpose(1, 2)
            owner = torch.full((len(payload),), version)
            parts.append((agreement[s, q], cosine[:, s, q], q + queries, nll.clamp(min=1e-4), owner))
            queries, version = queries + len(payload), version + 1
        if number % 20 == 19:
            print(f"{number + 1} of {len(samples)} samples", flush=True)
    return Pairs(*(torch.cat(column, dim=-1) for column in zip(*parts)))


def figures(forecast: np.ndarray, rise: np.ndarray) -> dict[str, float]:
    return correlations(forecast, rise) | calibration(forecast, rise)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with dev/*.jsonl of labelled texts")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    tokens, rises = Tokens.of_pack(PACK), measured_rises(OUTPUT / "rises.jsonl")
    samples = [sample for sample in all_samples(arguments.corpora, tokens) if sample.id in rises]
    rise = np.array([[rises[sample.id][condition]["rise"] for condition in CORE] for sample in samples])
    sources = np.array([sample.source for sample in samples])
    pairs = gather(samples, tokens)
    settings: list[Setting] = list(product(LAYERS, POWERS, SATURATIONS))
    forecasts = {setting: pairs.taught(*setting).reshape(rise.shape) for setting in settings}
    error = lambda setting, of: float(((forecasts[setting][of] - rise[of]) ** 2).mean())
    held_out, chosen = np.zeros_like(rise), Counter()
    for source in sorted(set(sources)):
        best = min(settings, key=lambda setting: error(setting, sources != source))
        held_out[sources == source] = forecasts[best][sources == source]
        chosen[best] += 1
    describe = lambda setting: dict(zip(("layer", "power", "saturation"), setting)) | figures(forecasts[setting], rise)
    ranked = sorted(settings, key=lambda setting: error(setting, np.ones(len(rise), bool)))
    per_layer = [next(setting for setting in ranked if setting[0] == layer) for layer in LAYERS]
    result = {
        "samples": len(samples),
        "sources": len(set(sources)),
        "settings": len(settings),
        "leavingSourcesOut": figures(held_out, rise),
        "chosenWithout": [{"setting": list(setting), "sources": count} for setting, count in chosen.most_common()],
        "bestOfEachLayer": [describe(setting) for setting in per_layer],
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
