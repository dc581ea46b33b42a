"""Trains on one text from the embedded model, and measures what that taught.

A sample is a drop in a long AdamW run: second moments are frozen from ordinary text, and the loss is a sum over tokens
with a fixed normaliser, so that a long sample is not diluted. The constants are the protocol's: results compare only
while they stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from peft import LoraConfig, get_peft_model
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Protocol:
    rank: int = 8  # LoRA on every linear layer but the output, no dropout
    alpha: int = 16
    warm_up_rate: float = 2e-4  # AdamW over the filler, no weight decay
    rate: float = 3e-4  # preconditioned SGD on the sample
    steps: int = 6
    normaliser: int = 128  # tokens: loss = sum of token NLL / normaliser
    floor: float = 1e-3  # of the preconditioner, as a share of its mean over the tensor
    smallest: float = 1e-8  # of the preconditioner, absolute
    clamp: float = 10  # bound on a preconditioned gradient
    filler_texts: int = 24  # the first ones that have more than the shortest and fewer than the longest number of tokens
    filler_shortest: int = 60
    filler_longest: int = 200


PROTOCOL = Protocol()

Encode = Callable[[str], list[int]]


def neutral_context(language: str) -> str:
    """What the payload is scored after. It says nothing of good or bad."""
    return f"```{language}\n"


class Learner:
    """One model with an adapter that is warmed up on the filler; every training starts from there.

    Deterministic for a seed, but for the order in which threads add. Changes `base`: it belongs to the learner.
    """

    def __init__(
        self, base: PreTrainedModel, encode: Encode, filler: Sequence[str], seed: int, protocol: Protocol = PROTOCOL
    ):
        self.encode, self.protocol = encode, protocol
        torch.manual_seed(seed)
        adapter = LoraConfig(r=protocol.rank, lora_alpha=protocol.alpha, target_modules="all-linear", lora_dropout=0.0)
        self.model = get_peft_model(base, adapter)
        self.parameters = [p for p in self.model.parameters() if p.requires_grad]
        texts = [ids for ids in map(encode, filler) if protocol.filler_shortest < len(ids) < protocol.filler_longest]
        texts = [torch.tensor([ids]) for ids in texts[: protocol.filler_texts]]
        self._warm_up(texts)
        self.start = [p.detach().clone() for p in self.parameters]
        self.scale = self._preconditioner(texts)

    def _warm_up(self, texts: list[torch.Tensor]) -> None:
        optimiser = torch.optim.AdamW(self.parameters, lr=self.protocol.warm_up_rate, weight_decay=0)
        for ids in texts:
            self.model(ids, labels=ids).loss.backward()
            optimiser.step()
            optimiser.zero_grad()

    def _preconditioner(self, texts: list[torch.Tensor]) -> list[torch.Tensor]:
        """For each parameter the root of its mean squared gradient over the texts, kept away from zero."""
        second = [torch.zeros_like(p) for p in self.parameters]
        for ids in texts:
            (self.model(ids, labels=ids).loss * (ids.shape[1] - 1) / self.protocol.normaliser).backward()
            for moment, p in zip(second, self.parameters):
                moment.add_(p.grad**2 / len(texts))
                p.grad = None
        floor, smallest = self.protocol.floor, self.protocol.smallest
        return [moment.sqrt() + floor * moment.sqrt().mean() + smallest for moment in second]

    @torch.no_grad()
    def reset(self) -> None:
        for p, start in zip(self.parameters, self.start):
            p.copy_(start)

    @torch.no_grad()
    def log_probability(self, context: str, payload: str) -> float:
        """Mean log p(payload | context), nats per payload token; context and payload are tokenised apart."""
        before, ids = self.encode(context), self.encode(payload)
        logits = self.model(torch.tensor([before + ids])).logits[0, len(before) - 1 : -1].log_softmax(-1)
        return logits.gather(1, torch.tensor(ids)[:, None]).mean().item()

    def train(self, ids: list[int], in_loss: Sequence[bool] | None = None) -> None:
        """The protocol's steps on one text. `in_loss` says for each token whether its prediction is trained; all, if None."""
        text = torch.tensor([ids])
        kept = None if in_loss is None else torch.tensor(in_loss)[1:]
        for _ in range(self.protocol.steps):
            logits = self.model(text).logits[0, :-1].log_softmax(-1)
            losses = -logits.gather(1, text[0, 1:, None])
            if kept is not None:
                losses = losses[kept]
            (losses.sum() / self.protocol.normaliser).backward()
            with torch.no_grad():
                for p, scale in zip(self.parameters, self.scale):
                    bound = self.protocol.clamp
                    p.sub_(self.protocol.rate * (p.grad / scale).clamp(-bound, bound))
                    p.grad = None

    def rise(self, ids: list[int], in_loss: Sequence[bool] | None, context: str, payload: str, base: float) -> float:
        """What training on the text taught: rise over `base` of `log_probability(context, payload)`."""
        self.reset()
        self.train(ids, in_loss)
        return self.log_probability(context, payload) - base
