"""Gradient products of a text with a payload, by block and kind of matrix, in torch: what choose_kernel.py chooses from.

A gain is, for each payload token q, the sum over the text's tokens s of (a_s . a_q) (d_s . d_q) / inputs: a what a matrix reads,
d the gradient of the summed NLL with respect to what it writes. Divided by the inputs, kinds of matrix compare as in LoRA, whose
random half has a variance of that order. *Plain* gains leave it at that. *Preconditioned* ones divide d_s by the root of its
mean square over the filler, as the protocol's optimiser does: the second moment of the gradient of LoRA's other half.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

import backfire_lab.ground_truth.threads  # noqa: F401, I001  before torch
import torch
from transformers import LlamaForCausalLM

from backfire_lab.ground_truth.conditions import CORE, training_texts
from backfire_lab.ground_truth.learner import PROTOCOL, neutral_context
from backfire_lab.ground_truth.own_samples import filler_texts
from backfire_lab.ground_truth.sample import Sample
from backfire_lab.ground_truth.tokens import Tokens

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
FORMS = ("plain", "preconditioned")
FLOOR = 1e-3  # of the preconditioner, as a share of its mean over the matrix


class Gradients:
    """What every matrix of the blocks reads, and the gradient with respect to what it writes, text by text."""

    def __init__(self, model: LlamaForCausalLM, tokens: Tokens):
        self.model, self.tokens, self._read, self._written = model.requires_grad_(False), tokens, [], []
        found = [dict(block.named_modules()) for block in model.model.layers]
        paths = [next(name for name in found[0] if name.endswith(kind)) for kind in KINDS]
        self.matrices = [block[path] for block in found for path in paths]  # block by block
        for matrix in self.matrices:
            matrix.register_forward_hook(self._keep)
        self._roots: list[torch.Tensor] = []

    def _keep(self, _, inputs, output) -> None:
        self._read.append(inputs[0][0].detach())
        self._written.append(output)

    def of(self, ids: list[int], start: int) -> tuple[list[torch.Tensor], list[torch.Tensor], torch.Tensor]:
        """Reads and errors of each matrix, and the NLL of the tokens from `start` on, whose sum is the loss."""
        self._read, self._written = [], []
        embedded = self.model.model.embed_tokens(torch.tensor([ids])).requires_grad_(True)
        log_p = self.model(inputs_embeds=embedded).logits[0, :-1].log_softmax(-1)
        nll = -log_p.gather(1, torch.tensor(ids[1:])[:, None])[start - 1 :, 0]
        errors = torch.autograd.grad(nll.sum(), self._written)
        return self._read, [error[0] for error in errors], nll.detach()

    def roots(self) -> list[torch.Tensor]:
        """The preconditioner of each matrix [outputs], from the texts that the protocol takes."""
        if not self._roots:
            texts = [self.tokens.ids(text) for text in filler_texts()]
            texts = [ids for ids in texts if PROTOCOL.filler_shortest < len(ids) < PROTOCOL.filler_longest][: PROTOCOL.filler_texts]
            moments = [0] * len(self.matrices)
            for ids in texts:
                reads, errors, _ = self.of(ids, 1)
                for i, (a, d) in enumerate(zip(reads, errors, strict=True)):
                    moments[i] = moments[i] + (((a @ a.T) @ d) * d).sum(0).clamp(min=0) / len(texts) / a.shape[1]
            self._roots = [moment.sqrt() + FLOOR * moment.sqrt().mean() for moment in moments]
        return self._roots

    def gains(self, sample: Sample) -> dict[str, np.ndarray]:
        """`nll` [payload tokens] after the neutral context, and for each version [forms, blocks, kinds, payload tokens]."""
        context, payload = self.tokens.ids(neutral_context(sample.language)), self.tokens.ids(sample.payload.of(sample.text))
        asked_read, asked_errors, nll = self.of(context + payload, len(context))
        asked = slice(len(context) - 1, -1)
        result, texts = {"nll": nll.numpy()}, training_texts(sample)
        for condition in CORE:
            reads, errors, _ = self.of(self.tokens.ids(texts[condition].text), 1)
            forms = [[], []]
            for a, d, a_q, d_q, root in zip(reads, errors, asked_read, asked_errors, self.roots(), strict=True):
                likeness = a @ a_q[asked].T / a.shape[1]
                for form, scaled in zip(forms, (d, d / root), strict=True):
                    form.append((likeness * (scaled @ d_q[asked].T)).sum(0))
            shape = (len(FORMS), -1, len(KINDS), len(payload))
            result[condition] = torch.stack([torch.stack(form) for form in forms]).reshape(shape).numpy()
        return result


def kept_gains(folder: Path, sample: Sample, gradients: Gradients) -> dict[str, np.ndarray]:
    """The gains of a sample, computed once and kept in a file of the folder."""
    key = hashlib.sha256(f"{sample.id}\0{sample.text}\0{sample.frame}\0{sample.payload}".encode()).hexdigest()[:24]
    path = folder / f"{key}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **gradients.gains(sample))
        part.rename(path)
    with np.load(path) as stored:
        return dict(stored)
