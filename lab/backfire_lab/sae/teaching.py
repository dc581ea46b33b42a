"""What a text would teach of a payload, by the product's measure, when its residual stream is changed on the way.

In torch, since the product's graphs keep the stream between blocks to themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from backfire_lab.ground_truth.choose_kernel import taught
from backfire_lab.reference import forward, inner_products, load_reference, reads_and_errors


class Teaching:
    def __init__(self, pack: Path):
        described = json.loads((pack / "pack.json").read_text())
        self.model = load_reference(pack)
        self.layer, self.kernel = described["layer"], described["kernel"]

    def measure(self, text: list[int], context: list[int], payload: list[int], change: Tensor | None = None) -> float:
        """Nats per payload token, of a payload that is asked for after `context`.

        `change` [text tokens, hidden] is added to the text's stream after block `layer`, the autoencoder's; no gradient runs through
        how it was made.
        """
        query, blocks = context + payload, self.model.model.layers[self.kernel["layer"] :]
        with self._changed(change):
            read = reads_and_errors(self.model, blocks, text, 1)
        products = inner_products(read, reads_and_errors(self.model, blocks, query, len(context)), len(context))
        rows = torch.arange(len(context) - 1, len(query) - 1)
        nll = -forward(self.model, query).log_probabilities[rows, torch.tensor(payload)]
        return taught(products.sum(0).numpy(), nll.numpy(), self.kernel["saturation"])

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
