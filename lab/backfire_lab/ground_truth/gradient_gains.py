"""Gradient products of a text with a payload, by block and kind of matrix, in torch: what choose_kernel.py chooses from.

A gain is, for each payload token q, the sum over the text's tokens s of (a_s . a_q) (d_s . d_q) / inputs: a what a matrix reads,
d the gradient of the summed NLL with respect to what it writes. Divided by the inputs, kinds of matrix compare as in LoRA, whose
random half has a variance of that order. *Plain* gains leave it at that. *Preconditioned* ones divide d_s by the root of its
mean square over the filler, as the protocol's optimiser does: the second moment of the gradient of LoRA's other half.

The last kind, *features*, is no matrix of the model: a the activations of the pack's autoencoder, d the gradient with respect to the
stream that they were taken from. It is what a matrix from features to the stream would learn.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from backfire_lab.ground_truth.conditions import CORE, training_texts
from backfire_lab.ground_truth.learner import PROTOCOL, neutral_context
from backfire_lab.ground_truth.own_samples import filler_texts
from backfire_lab.ground_truth.sample import Sample
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.shards import sinks

KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
FEATURES = "features"
ALL_KINDS = (*KINDS, FEATURES)
FORMS = ("plain", "preconditioned")
FLOOR = 1e-3  # of the preconditioner, as a share of its mean over the matrix


@dataclass(frozen=True)
class Passed:
    """What one text leaves behind, forwards and backwards; of each matrix, and of the stream after block `layer`."""

    reads: list[Tensor]  # [tokens, inputs]
    errors: list[Tensor]  # [tokens, outputs]
    stream: Tensor  # [tokens, hidden]
    stream_error: Tensor  # [tokens, hidden]
    nll: Tensor  # [tokens of the loss]


class Gradients:
    """What every matrix of the blocks reads, and the gradient with respect to what it writes, text by text."""

    def __init__(self, model: LlamaForCausalLM, tokens: Tokens, autoencoder: Saved, layer: int):
        self.model, self.tokens, self._read, self._written, self._stream = model.requires_grad_(False), tokens, [], [], None
        self.autoencoder, self.layer = autoencoder, layer
        found = [dict(block.named_modules()) for block in model.model.layers]
        paths = [next(name for name in found[0] if name.endswith(kind)) for kind in KINDS]
        self.matrices = [block[path] for block in found for path in paths]  # block by block
        for matrix in self.matrices:
            matrix.register_forward_hook(self._keep)
        self.model.model.layers[layer - 1].register_forward_hook(self._keep_stream)
        self._roots: list[Tensor] = []

    def _keep(self, _, inputs, output) -> None:
        self._read.append(inputs[0][0].detach())
        self._written.append(output)

    def _keep_stream(self, _, __, output: Tensor) -> None:
        self._stream = output

    def of(self, ids: list[int], start: int) -> Passed:
        """The loss is the sum of the NLL of the tokens from `start` on."""
        self._read, self._written = [], []
        embedded = self.model.model.embed_tokens(torch.tensor([ids])).requires_grad_(True)
        log_p = self.model(inputs_embeds=embedded).logits[0, :-1].log_softmax(-1)
        nll = -log_p.gather(1, torch.tensor(ids[1:])[:, None])[start - 1 :, 0]
        *errors, stream_error = (error[0] for error in torch.autograd.grad(nll.sum(), [*self._written, self._stream]))
        return Passed(self._read, errors, self._stream[0].detach(), stream_error, nll.detach())

    def features(self, stream: Tensor) -> Tensor:
        """Activations [tokens, width]; none at sinks, as everywhere."""
        first = np.arange(len(stream)) == 0
        return self.autoencoder.activations(stream) * ~torch.from_numpy(sinks(stream.numpy(), first))[:, None]

    def roots(self) -> list[Tensor]:
        """The preconditioner of each matrix [outputs], from the texts that the protocol takes."""
        if not self._roots:
            texts = [self.tokens.ids(text) for text in filler_texts()]
            texts = [ids for ids in texts if PROTOCOL.filler_shortest < len(ids) < PROTOCOL.filler_longest][: PROTOCOL.filler_texts]
            moments = [0] * len(self.matrices)
            for ids in texts:
                passed = self.of(ids, 1)
                for i, (a, d) in enumerate(zip(passed.reads, passed.errors, strict=True)):
                    moments[i] = moments[i] + (((a @ a.T) @ d) * d).sum(0).clamp(min=0) / len(texts) / a.shape[1]
            self._roots = [moment.sqrt() + FLOOR * moment.sqrt().mean() for moment in moments]
        return self._roots

    def gains(self, sample: Sample) -> dict[str, np.ndarray]:
        """`nll` [payload tokens] after the neutral context, and for each version [forms, blocks, all kinds, payload tokens].

        Of features only the block that they stand behind has any, the same in both forms.
        """
        context, payload = self.tokens.ids(neutral_context(sample.language)), self.tokens.ids(sample.payload.of(sample.text))
        query = self.of(context + payload, len(context))
        asked = slice(len(context) - 1, -1)
        query_features = self.features(query.stream)[asked]
        result, texts = {"nll": query.nll.numpy()}, training_texts(sample)
        for condition in CORE:
            text = self.of(self.tokens.ids(texts[condition].text), 1)
            forms = [[], []]
            for a, d, a_q, d_q, root in zip(text.reads, text.errors, query.reads, query.errors, self.roots(), strict=True):
                likeness = a @ a_q[asked].T / a.shape[1]
                for form, scaled in zip(forms, (d, d / root), strict=True):
                    form.append((likeness * (scaled @ d_q[asked].T)).sum(0))
            gains = torch.stack([torch.stack(form) for form in forms]).reshape(len(FORMS), -1, len(KINDS), len(payload))
            of_features = torch.zeros_like(gains[:, :, :1])
            alike = self.features(text.stream) @ query_features.T
            of_features[:, self.layer - 1, 0] = (alike * (text.stream_error @ query.stream_error[asked].T)).sum(0)
            result[condition] = torch.cat([gains, of_features], dim=2).numpy()
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
