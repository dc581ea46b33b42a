"""Which features are ablated: entangled ones, and as many random ones of about the same activation.

Entangled is what the paper calls shared by describing and doing: active on a payload with its warning and without, and less
on the fix. Chosen by the test of sae/matter.py on the trained cases of the embedded model before any training: the smaller of a
feature's mean activations on the payload, warned and bare, against that on the fix; Wilcoxon's signed-rank test, one-sided, over
families (cases of one family are no independent evidence), Benjamini–Hochberg. LEAST of least p where fewer pass, at most MOST.
`wide` are the WIDE of least p, whatever passes. `shipped` are those that the pack's report chose on other texts (lab/results/sae/matter.json).
"""

from __future__ import annotations

import json

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from backfire_lab.experiment.cases import Case
from backfire_lab.experiment.framings import Example, example_of
from backfire_lab.experiment.statistics import rows_by_family
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.sae.matter import FDR, VERSIONS, discoveries, p_values, random_like
from backfire_lab.sae.places import RESULTS as SAE_RESULTS
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.shards import sinks

LEAST, MOST, WIDE = 10, 32, 100
SEED = 11


@torch.no_grad()
def payload_activations(model: PreTrainedModel, saved: Saved, layer: int, example: Example, tokens: Tokens) -> np.ndarray:
    """[width], mean over the payload's tokens; sinks are left out, as everywhere."""
    ids = tokens.ids(example.text)
    inside = torch.tensor(tokens.overlapping(example.text, example.payload))
    residual = model.model(torch.tensor([ids]), output_hidden_states=True).hidden_states[layer][0]
    kept = inside & ~torch.from_numpy(sinks(residual.numpy(), np.arange(len(ids)) == 0))
    return saved.activations(residual[kept]).mean(0).numpy()


def case_means(model: PreTrainedModel, saved: Saved, layer: int, cases: list[Case], tokens: Tokens) -> dict[str, np.ndarray]:
    """{version: [cases, width]}"""
    of = {"warned": "warned", "bare": "direct", "fixed": "fixed"}
    read = lambda version, number, case: payload_activations(model, saved, layer, example_of(of[version], case, number, 0), tokens)
    return {version: np.stack([read(version, number, case) for number, case in enumerate(cases)]) for version in VERSIONS}


def by_family(columns: dict[str, np.ndarray], cases: list[Case]) -> dict[str, np.ndarray]:
    """{version: [families, width]}"""
    rows = rows_by_family([case.family.id for case in cases])
    return {version: np.stack([values[of].mean(0) for of in rows]) for version, values in columns.items()}


def chosen_features(model: PreTrainedModel, saved: Saved, layer: int, cases: list[Case], tokens: Tokens) -> dict:
    """A JSON value: for each choice its latents and activations, and how it was made."""
    columns = by_family(case_means(model, saved, layer, cases, tokens), cases)
    p = p_values(columns)
    tested = int((p < 1).sum())
    found = discoveries(p, tested)
    entangled = np.argsort(p, kind="stable")[: min(MOST, max(LEAST, len(found)))]
    shipped = np.array([one["latent"] for one in json.loads((SAE_RESULTS / "matter.json").read_text())["chosen"]])
    random = np.random.default_rng(SEED)
    choices = {
        "entangled": entangled,
        "random": random_like(entangled, columns, random),
        "shipped": shipped,
        "shipped-random": random_like(shipped, columns, random),
    }
    wide = np.argsort(p, kind="stable")[:WIDE]
    choices |= {"wide": wide, "wide-random": random_like(wide, columns, random)}
    level = columns["bare"].mean(0)
    return {
        "rule": {"fdr": FDR, "least": LEAST, "most": MOST, "wide": WIDE, "seed": SEED, "layer": layer},
        "families": len(columns["bare"]),
        "tested": tested,
        "discoveries": len(found),
        "p": {name: [float(p[i]) for i in choices[name]] for name in ("entangled", "wide")},
        "choices": {
            name: {"latents": latents.tolist(), "activation": [round(float(level[i]), 4) for i in latents]}
            for name, latents in choices.items()
        },
    }


def rows_of(saved: Saved, choice: dict) -> Tensor:
    """[features, hidden]"""
    return saved.decoder[choice["latents"]]


def steering_direction(saved: Saved, choice: dict, strength: float) -> Tensor:
    """[hidden]: takes `strength` times their mean activation on payloads away from each of the features."""
    return -strength * torch.tensor(choice["activation"]) @ rows_of(saved, choice)
