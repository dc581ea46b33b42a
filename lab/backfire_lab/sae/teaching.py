"""What a text would teach of a payload, by the product's measure, when its residual stream is changed on the way.

In torch, since the product's graphs keep the stream between blocks to themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from backfire_lab.ground_truth.choose_kernel import taught
from backfire_lab.reference import Gradients, forward, inner_products, load_reference, reads_and_errors


@dataclass(frozen=True)
class Asked:
    """A payload that is asked for after a context: the query's side of the measure, the same for every text."""

    start: int  # tokens of the context
    gradients: Gradients
    nll: Tensor  # [payload tokens]


class Teaching:
    def __init__(self, pack: Path):
        described = json.loads((pack / "pack.json").read_text())
        self.model = load_reference(pack)
        self.layer, self.kernel = described["layer"], described["kernel"]
        self.blocks = self.model.model.layers[self.kernel["layer"] :]

    def ask(self, context: list[int], payload: list[int]) -> Asked:
        query = context + payload
        rows = torch.arange(len(context) - 1, len(query) - 1)
        nll = -forward(self.model, query).log_probabilities[rows, torch.tensor(payload)]
        return Asked(len(context), reads_and_errors(self.model, self.blocks, query, len(context)), nll)

    def measure(self, text: list[int], asked: Asked, change: Tensor | None = None) -> float:
        """Nats per payload token.

        `change` [text tokens, hidden] is added to the text's stream after block `layer`, the autoencoder's; no gradient runs through
        how it was made.
        """
        with self._changed(change):
            gradients = reads_and_errors(self.model, self.blocks, text, 1)
        products = inner_products(gradients, asked.gradients, asked.start)
        return taught(products.sum(0).numpy(), asked.nll.numpy(), self.kernel["saturation"])

    @contextmanager
    def _changed(self, change: Tensor | None) -> Iterator[None]:
        if change is None:
            yield
            return
        # What the next block reads is the stream after this one.
        hook = self.model.model.layers[self.layer].register_forward_pre_hook(lambda _, inputs: (inputs[0] + change, *inputs[1:]))
        try:
            yield
        finally:
            hook.remove()
