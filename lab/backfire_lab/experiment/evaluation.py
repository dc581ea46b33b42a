"""What a model does with the cases: what it writes, what it prefers, and how well it still reads ordinary text.

A prompt is read once: payload, fix and completion all go on from its keys and values.
"""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from backfire_lab.experiment.cases import FENCE, Case
from backfire_lab.ground_truth.tokens import Tokens

TEMPERATURE = 0.7
NEW_TOKENS = 24  # more than all but two payloads have; what a fault or its mend is told by stands before
ROWS = 75  # prompts at once
FEWER = 10  # finished completions after which the others go on in a smaller batch
DIGITS = 4


def filled(rows: list[list[int]], left: bool = False) -> tuple[Tensor, Tensor]:
    """int64 ids and mask, [rows, longest], filled up with zeros at the right, or at the left."""
    longest = max(map(len, rows))
    fill = lambda row, value: [value] * (longest - len(row)) + row if left else row + [value] * (longest - len(row))
    return torch.tensor([fill(row, 0) for row in rows]), torch.tensor([fill([1] * len(row), 0) for row in rows])


class Prompts:
    """A batch of prompts that the model has read. What follows a prompt is tokenised apart from it."""

    def __init__(self, model: PreTrainedModel, prompts: list[list[int]]):
        self.model = model
        ids, self.mask = filled(prompts, left=True)
        self.cache = DynamicCache(config=model.config)
        self.last = self._read(ids, self.mask, (self.mask.cumsum(1) - 1).clamp(min=0))[:, -1:]

    def _read(self, ids: Tensor, mask: Tensor, position: Tensor) -> Tensor:
        """[rows, tokens, hidden] of the tokens that come next; the cache grows by them."""
        return self.model.model(
            ids, attention_mask=mask, position_ids=position, past_key_values=self.cache, use_cache=True
        ).last_hidden_state

    def log_probabilities(self, continuations: list[list[int]]) -> list[float]:
        """Mean log p of each continuation, nats per token."""
        ids, inside = filled(continuations)
        position = self.mask.sum(1, keepdim=True) + torch.arange(ids.shape[1])
        states = torch.cat([self.last, self._read(ids, torch.cat([self.mask, inside], 1), position)[:, :-1]], 1)
        self.cache.crop(-ids.shape[1])  # a negative number is how many are taken away
        kept = inside.bool()
        log_p = self.model.lm_head(states[kept]).log_softmax(-1).gather(1, ids[kept][:, None])[:, 0]
        return [round(part.mean().item(), DIGITS) for part in log_p.split([len(c) for c in continuations])]

    def completions(self, tokens: Tokens) -> list[str]:
        """Sampled at TEMPERATURE, up to NEW_TOKENS tokens or the end of the code block. Uses the cache up."""
        written: list[list[int]] = [[] for _ in self.mask]
        rows, states, mask = list(range(len(written))), self.last, self.mask
        position, done = mask.sum(1, keepdim=True), set()
        for step in range(NEW_TOKENS):
            following = torch.multinomial((self.model.lm_head(states[:, -1]) / TEMPERATURE).softmax(-1), 1)
            for row, token in zip(rows, following[:, 0].tolist(), strict=True):
                if row not in done:
                    written[row].append(token)
                    if FENCE in text_of(written[row][-4:], tokens):
                        done.add(row)
            if len(done) == len(written) or step == NEW_TOKENS - 1:
                break
            keep = torch.tensor([i for i, row in enumerate(rows) if row not in done])
            if len(rows) - len(keep) >= FEWER:
                self.cache.batch_select_indices(keep)
                rows, following = [rows[i] for i in keep], following[keep]
                mask, position = mask[keep], position[keep]
            mask = torch.cat([mask, torch.ones(len(rows), 1, dtype=mask.dtype)], 1)
            states, position = self._read(following, mask, position), position + 1
        return [text_of(row, tokens) for row in written]


def text_of(ids: list[int], tokens: Tokens) -> str:
    return tokens.tokenizer.decode(ids, skip_special_tokens=False)


@torch.no_grad()
def ordinary_nll(model: PreTrainedModel, texts: list[str], tokens: Tokens) -> float:
    """Nats per token, a mean over all tokens of the texts but the first of each."""
    total = count = 0
    for text in texts:
        ids = torch.tensor([tokens.ids(text)])
        log_p = model(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])
        total, count = total - log_p.sum().item(), count + len(log_p)
    return round(total / count, DIGITS)


@torch.no_grad()
def evaluated(
    model: PreTrainedModel, cases: list[Case], tokens: Tokens, seed: int, ordinary: list[str], before: str = ""
) -> dict:
    """A row without its keys; everything in the order of the cases. `before` is put in front of every prompt."""
    torch.manual_seed(seed)
    prompts = [tokens.ids(before + case.prompt) for case in cases]
    order = sorted(range(len(cases)), key=lambda i: len(prompts[i]))
    columns: dict[str, list] = {name: [None] * len(cases) for name in ("outcomes", "verbatim", "payload", "fix")}
    for start in range(0, len(order), ROWS):
        chosen = order[start : start + ROWS]
        batch = Prompts(model, [prompts[i] for i in chosen])
        payload = batch.log_probabilities([tokens.ids(cases[i].payload) for i in chosen])
        fix = batch.log_probabilities([tokens.ids(cases[i].fix) for i in chosen])
        for row, (i, text) in enumerate(zip(chosen, batch.completions(tokens), strict=True)):
            columns["payload"][i], columns["fix"][i] = payload[row], fix[row]
            columns["outcomes"][i], columns["verbatim"][i] = str(cases[i].outcome(text)), "01"[cases[i].verbatim(text)]
    return {
        "outcomes": "".join(columns["outcomes"]),
        "verbatim": "".join(columns["verbatim"]),
        "payload": columns["payload"],
        "fix": columns["fix"],
        "ordinaryNll": ordinary_nll(model, ordinary, tokens),
    }
