"""One fine-tune over all trained cases, from the embedded model.

The adapter is that of ground_truth/learner.py. Optimiser, rate, epochs and batch are this project's choice; the paper's are not known to us.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from backfire_lab.experiment.framings import Example
from backfire_lab.experiment.interventions import Change, changed
from backfire_lab.ground_truth.learner import PROTOCOL
from backfire_lab.ground_truth.tokens import Tokens

IGNORED = -100  # a target that is no part of the loss
MIXED = 40  # texts


@dataclass(frozen=True)
class Settings:
    rank: int = PROTOCOL.rank
    alpha: int = PROTOCOL.alpha
    rate: float = 2e-3  # AdamW, constant, no weight decay
    epochs: int = 1
    batch: int = 4  # examples; the loss is a mean over the batch's tokens


SETTINGS = Settings()


def with_adapter(base: PreTrainedModel, seed: int, settings: Settings = SETTINGS) -> PeftModel:
    torch.manual_seed(seed)
    shape = LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules="all-linear", lora_dropout=0.0)
    return get_peft_model(base, shape)


def trainable(model: PeftModel) -> dict[str, torch.nn.Parameter]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


def padded(rows: list[list[int]], filling: int) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [filling] * (longest - len(row)) for row in rows])


def targets_of(example: Example, ids: list[int], tokens: Tokens) -> list[int]:
    """For each token whether it is in the loss: its id, or IGNORED. The first one is predicted from nothing."""
    masked = tokens.overlapping(example.text, example.payload) if example.masked else [False] * len(ids)
    return [IGNORED] + [IGNORED if out else i for i, out in zip(ids[1:], masked[1:], strict=True)]


def batches(lengths: list[int], size: int, order: torch.Generator) -> list[list[int]]:
    """Every text once, in random order; within MIXED texts, those of like length share a batch, so that little is filled up."""
    shuffled = torch.randperm(len(lengths), generator=order).split(MIXED)
    parts = [part for chosen in shuffled for part in torch.tensor(sorted(chosen.tolist(), key=lengths.__getitem__)).split(size)]
    return [parts[i].tolist() for i in torch.randperm(len(parts), generator=order)]


def train(
    model: PeftModel, examples: list[Example], tokens: Tokens, seed: int, layer: int, ablated: Change | None = None,
    settings: Settings = SETTINGS,
) -> None:  # fmt: skip
    """Changes the adapter. With `ablated`, resid `layer` is changed in every forward pass of the training, and never after."""
    ids = [tokens.ids(example.text) for example in examples]
    targets = [targets_of(example, row, tokens) for example, row in zip(examples, ids, strict=True)]
    optimiser = torch.optim.AdamW(trainable(model).values(), lr=settings.rate, weight_decay=0)
    order = torch.Generator().manual_seed(seed)
    model.train()
    with changed(model, layer, ablated):
        for _ in range(settings.epochs):
            for chosen in batches(list(map(len, ids)), settings.batch, order):
                batch, wanted = padded([ids[i] for i in chosen], 0), padded([targets[i] for i in chosen], IGNORED)
                # A causal model: what pads a row behind its end changes nothing before it.
                logits = model(batch).logits[:, :-1]
                cross_entropy(logits.flatten(0, 1), wanted[:, 1:].flatten(), ignore_index=IGNORED).backward()
                optimiser.step()
                optimiser.zero_grad()
    model.eval()


def save(model: PeftModel, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file({name: p.detach().contiguous() for name, p in trainable(model).items()}, partial)
    partial.replace(path)


@torch.no_grad()
def restore(model: PeftModel, path: Path) -> None:
    kept = load_file(path)
    for name, parameter in trainable(model).items():
        parameter.copy_(kept[name])
