"""What the rest of the model makes of a reconstruction in place of the residual stream.

Cross-entropy of the next token with the stream as it is, reconstructed, zero, and its mean; sinks (see shards.py) keep their
own in all four, and what is predicted from them is not counted. CE recovered = 1 - (CE reconstructed - CE) / (CE ablated - CE).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from backfire_lab.reference import stored_embedding, stored_vector
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.shards import sinks

ROWS = 512  # whose logits are held at once


@dataclass(frozen=True)
class Batch:
    """One run of the model."""

    ids: Tensor  # int64 [tokens] of sequences one behind the other
    lengths: list[int]
    residual: Tensor  # float32 [tokens, hidden]

    def first(self) -> Tensor:
        starts = torch.zeros(len(self.ids), dtype=torch.bool)
        starts[torch.tensor([0, *np.cumsum(self.lengths)[:-1]])] = True
        return starts

    def sinks(self) -> Tensor:
        return torch.from_numpy(sinks(self.residual.numpy(), self.first().numpy()))

    def predicts(self) -> Tensor:
        """Tokens from which a next one is predicted and counted: sinks and the last of a sequence are not."""
        last = torch.zeros(len(self.ids), dtype=torch.bool)
        last[torch.tensor(np.cumsum(self.lengths) - 1)] = True
        return (~self.sinks() & ~last).nonzero()[:, 0]

    def targets(self) -> Tensor:
        """Ids of the tokens that are predicted."""
        return self.ids[self.predicts() + 1]


class UpperHalf:
    """From the residual stream after `layer` to log-probabilities."""

    def __init__(self, pack: Path, layer: int, threads: int):
        described = json.loads((pack / "pack.json").read_text())
        self.blocks = Blocks(pack, layer + 1, described["model"]["layers"], threads)
        read = lambda name: (described["weights"][name], np.fromfile(pack / name, dtype=np.uint8))
        self.unembedding = torch.from_numpy(stored_embedding(*read("embedding.bin")))
        self.norm = torch.from_numpy(stored_vector(*read("blocks.bin"), "final_norm"))
        self.epsilon = described["model"]["norm_epsilon"]

    def hidden(self, residual: Tensor, lengths: list[int]) -> Tensor:
        """After the last norm, [tokens, hidden]."""
        last = torch.from_numpy(self.blocks.run(residual.numpy(), lengths))
        return torch.nn.functional.rms_norm(last, self.norm.shape, self.norm, self.epsilon)

    def compare(self, true: Tensor, others: dict[str, Tensor], targets: Tensor) -> dict[str, Tensor]:
        """From final states [rows, hidden]: cross-entropy of each, and KL(true || other), [rows], nats."""
        parts: dict[str, list[Tensor]] = {}
        for start in range(0, len(targets), ROWS):
            rows = slice(start, start + ROWS)
            log_p = lambda hidden: (hidden[rows] @ self.unembedding.T).log_softmax(-1)
            cross_entropy = lambda log_q: -log_q.gather(1, targets[rows, None])[:, 0]
            reference = log_p(true)
            parts.setdefault("ce", []).append(cross_entropy(reference))
            for name, hidden in others.items():
                log_q = log_p(hidden)
                parts.setdefault(f"ce {name}", []).append(cross_entropy(log_q))
                parts.setdefault(f"kl {name}", []).append((reference.exp() * (reference - log_q)).sum(1))
        return {name: torch.cat(values) for name, values in parts.items()}


@dataclass(frozen=True)
class Ablated:
    """What one run gives with the stream as it is, zero, and its mean: the same for every autoencoder of the layer."""

    batch: Batch
    hidden: Tensor  # [predictions, hidden] after the last norm, the stream as it is
    compared: dict[str, Tensor]  # of UpperHalf.compare


def hidden_with(upper: UpperHalf, batch: Batch, stream: Tensor) -> Tensor:
    """[predictions, hidden] with `stream` in place of the residual, but at sinks."""
    spliced = torch.where(batch.sinks()[:, None], batch.residual, stream)
    return upper.hidden(spliced.contiguous(), batch.lengths)[batch.predicts()]


@torch.no_grad()
def ablate(upper: UpperHalf, batch: Batch, mean: Tensor) -> Ablated:
    streams = {"zero": torch.zeros_like(batch.residual), "mean": mean.expand_as(batch.residual)}
    hidden = hidden_with(upper, batch, batch.residual)
    others = {name: hidden_with(upper, batch, stream) for name, stream in streams.items()}
    return Ablated(batch, hidden, upper.compare(hidden, others, batch.targets()))


@torch.no_grad()
def splice(upper: UpperHalf, saved: Saved, ablated: Ablated) -> dict[str, Tensor]:
    """[predictions] cross-entropies and divergences of one run."""
    batch = ablated.batch
    hidden = hidden_with(upper, batch, saved.decode(saved.activations(batch.residual)))
    return {**ablated.compared, **upper.compare(ablated.hidden, {"reconstructed": hidden}, batch.targets())}


def recovered(parts: list[dict[str, Tensor]]) -> dict:
    mean = {name: float(torch.cat([part[name] for part in parts]).mean()) for name in parts[0]}
    change = torch.cat([part["ce reconstructed"] - part["ce"] for part in parts])
    against = lambda ablated: 1 - (mean["ce reconstructed"] - mean["ce"]) / (mean[f"ce {ablated}"] - mean["ce"])
    return {
        "predictions": len(change),
        "crossEntropy": {"model": mean["ce"], **{n: mean[f"ce {n}"] for n in ("reconstructed", "zero", "mean")}},
        "deltaCrossEntropy": mean["ce reconstructed"] - mean["ce"],
        "deltaError": 1.96 * float(change.std()) / len(change) ** 0.5,
        "meanAbsoluteDelta": float(change.abs().mean()),
        "kl": mean["kl reconstructed"],
        "recoveredAgainstZero": against("zero"),
        "recoveredAgainstMean": against("mean"),
    }
