"""Chooses the layer from which on gradient products count, and the constant of their saturation, on the measured rises:

    python -m backfire_lab.ground_truth.choose_kernel [--corpora FOLDER]

taught_q = nll_q (1 - exp(-c g_q / nll_q)), g_q the plain gain of gradient_gains.py times the inputs, summed over the attentions'
output matrices of the blocks after a layer, for every layer and constant below. What a choice is worth is judged by leaving each
source out of the choosing. Writes lab/results/kernel-choice.json: that, the same with each layer given, and, for comparison, other
kinds of matrix, other blocks, the preconditioned form and the autoencoder's features, each with its best constant on all samples. Gains
are kept in .cache/lab/gains, in a folder for each autoencoder.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.ground_truth.__main__ import OUTPUT, all_samples
from backfire_lab.ground_truth.conditions import CORE
from backfire_lab.ground_truth.configuration import file_hash
from backfire_lab.ground_truth.forecast import calibration, correlations, measured_rises
from backfire_lab.ground_truth.gradient_gains import ALL_KINDS, FEATURES, FORMS, KINDS, Gradients, kept_gains
from backfire_lab.ground_truth.own_samples import SOURCE as OWN
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.reference import load_reference
from backfire_lab.sae.saved import WEIGHTS, Saved

RESULT = ROOT / "lab" / "results" / "kernel-choice.json"
CACHE = ROOT / ".cache" / "lab" / "gains"
LAYERS = (4, 8, 12, 16, 20)
STEPS = np.geomspace(1 / 8, 8, 49)  # of the constant, round the one that makes forecast and rise equal in the mean
LEAST_NLL = 1e-6  # as in the product


@dataclass(frozen=True)
class Form:
    """Which gains are summed."""

    name: str
    kinds: tuple[str, ...] = KINDS
    first: int = 1  # blocks, counted from 1
    last: int = 30
    form: str = "plain"

    def gain(self, gains: np.ndarray) -> np.ndarray:
        """[payload tokens] of [forms, blocks, kinds, payload tokens]"""
        kinds = [ALL_KINDS.index(kind) for kind in self.kinds]
        return gains[FORMS.index(self.form), self.first - 1 : self.last, kinds].sum((0, 1))


def attention_outputs(layer: int) -> Form:
    return Form(f"attention outputs after block {layer}", ("o_proj",), first=layer + 1)


COMPARED = (
    *(attention_outputs(layer) for layer in (0, *LAYERS)),
    Form("attention outputs up to block 16", ("o_proj",), last=16),
    *(Form(f"{name} alone", (kind,)) for name, kind in zip(("q", "k", "v", "gate", "up", "down"), (k for k in KINDS if k != "o_proj"))),
    Form("attention: q, k, v and output", KINDS[:4]),
    Form("feed-forward: gate, up and down", KINDS[4:]),
    Form("all matrices"),
    Form("all matrices, last block", first=30),
    Form("all matrices, preconditioned", form="preconditioned"),
    Form("attention outputs after block 8, preconditioned", ("o_proj",), first=9, form="preconditioned"),
    Form("features of the autoencoder", (FEATURES,)),
)  # fmt: skip


def taught(gain: np.ndarray, nll: np.ndarray, constant: float) -> float:
    """Nats per payload token, saturated as in the product."""
    nll = np.maximum(nll, LEAST_NLL)
    return float(np.where(gain > 0, nll * -np.expm1(-constant * np.maximum(gain, 0) / nll), constant * gain).mean())


def forecasts(rows: list[dict], form: Form, constants: np.ndarray) -> np.ndarray:
    """[constants, samples, versions]"""
    gains = [[form.gain(row[condition]) for condition in CORE] for row in rows]
    one = lambda c: [[taught(gain, row["nll"], c) for gain in versions] for versions, row in zip(gains, rows, strict=True)]
    return np.array([one(constant) for constant in constants])


def constants_for(rows: list[dict], form: Form, rise: np.ndarray) -> np.ndarray:
    """A range round the constant that makes the first-order forecast as large as the rise in the mean."""
    first_order = np.mean([[form.gain(row[condition]).mean() for condition in CORE] for row in rows])
    return np.abs(rise.mean() / first_order) * 2 * STEPS


def figures(forecast: np.ndarray, rise: np.ndarray) -> dict[str, float]:
    return correlations(forecast, rise) | calibration(forecast, rise)


@dataclass(frozen=True)
class Setting:
    layer: int
    constant: float
    forecast: np.ndarray  # [samples, versions]


def settings_of(rows: list[dict], layer: int, rise: np.ndarray) -> list[Setting]:
    constants = constants_for(rows, attention_outputs(layer), rise)
    every = forecasts(rows, attention_outputs(layer), constants)
    return [Setting(layer, constant, forecast) for constant, forecast in zip(constants, every, strict=True)]


def best_of(rows: list[dict], form: Form, rise: np.ndarray, natural: np.ndarray) -> dict:
    """With its best constant; `naturalRatio` is the correlation of the ratio over the samples that were not written for this project."""
    constants = constants_for(rows, form, rise)
    every = forecasts(rows, form, constants)
    best = int(((every - rise) ** 2).mean((1, 2)).argmin())
    of_natural = correlations(every[best][natural], rise[natural])["ratio"]
    return {"name": form.name, "constant": float(constants[best])} | figures(every[best], rise) | {"naturalRatio": of_natural}


def held_out(settings: list[Setting], rise: np.ndarray, sources: np.ndarray) -> tuple[np.ndarray, Counter]:
    """The forecast of each source by the setting that errs least without it, and how often each layer was chosen."""
    chosen, result = Counter(), np.zeros_like(rise)
    for source in sorted(set(sources)):
        best = min(settings, key=lambda setting: ((setting.forecast - rise)[sources != source] ** 2).mean())
        result[sources == source] = best.forecast[sources == source]
        chosen[best.layer] += 1
    return result, chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with dev/*.jsonl of labelled texts")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    tokens, rises = Tokens.of_pack(PACK), measured_rises(OUTPUT / "rises.jsonl")
    samples = [sample for sample in all_samples(arguments.corpora, tokens) if sample.id in rises]
    rise = np.array([[rises[sample.id][condition]["rise"] for condition in CORE] for sample in samples])
    sources = np.array([sample.source for sample in samples])
    layer = json.loads((PACK / "pack.json").read_text())["layer"]
    gradients = Gradients(load_reference(PACK), tokens, Saved.load(PACK), layer)
    folder = CACHE / file_hash(PACK / WEIGHTS)[:16]  # gains of features are the autoencoder's
    rows = [kept_gains(folder, sample, gradients) for sample in samples]
    settings = {layer: settings_of(rows, layer, rise) for layer in LAYERS}
    forecast, chosen = held_out(sum(settings.values(), []), rise, sources)
    hidden = gradients.model.config.hidden_size
    layers = []
    for layer, own in settings.items():
        best = min(own, key=lambda setting: ((setting.forecast - rise) ** 2).mean())
        layers.append({"layer": layer, "saturation": best.constant / hidden} | figures(held_out(own, rise, sources)[0], rise))
    result = {
        "samples": len(samples),
        "sources": len(set(sources)),
        "leavingSourcesOut": figures(forecast, rise),
        "chosenWithout": [{"layer": layer, "sources": count} for layer, count in chosen.most_common()],
        "layers": layers,
        "compared": sorted((best_of(rows, form, rise, sources != OWN) for form in COMPARED), key=lambda row: row["rmse"]),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
