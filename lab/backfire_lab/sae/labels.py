"""A label for each feature, made from the tokens that it fires at, and how well that label tells where it fires.

Method `tokens`: the tokens that make up the most of its activation, if the first three make up a quarter of it. Method `next`: the
tokens that its direction makes likelier, for features that fire at anything. No language model writes or judges.

The score is balanced accuracy on windows of held-out text: does a window that holds one of the label's tokens (for `next`: at
any place but the first) hold the feature, and one that holds none not? 0.5 is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

WINDOW = 16  # tokens
NAMED = 3
ENOUGH = 0.25  # of a feature's activation


@dataclass(frozen=True)
class Windows:
    """Stretches of held-out text: the tokens of each, and the features that fire there."""

    tokens: csr_matrix  # bool [windows, vocabulary]
    fires: csr_matrix  # bool [windows, width]

    @classmethod
    def of(cls, ids: np.ndarray, positions: np.ndarray, token: np.ndarray, latent: np.ndarray, width: int) -> Windows:
        # A window never reaches over the end of a sequence.
        starts = (positions % WINDOW == 0) | (positions == 0)
        window = np.cumsum(starts) - 1
        count = int(window[-1]) + 1
        told = lambda rows, columns, size: csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(count, size)) > 0
        return cls(told(window, ids, int(ids.max()) + 1), told(window[token], latent, width))


@dataclass(frozen=True)
class Labels:
    tokens: list[list[int]]  # of each feature
    methods: list[str]
    tokenizer: Tokenizer

    @classmethod
    def of(
        cls, ids: np.ndarray, token: np.ndarray, latent: np.ndarray, value: np.ndarray, tokenizer: Tokenizer, promoted: np.ndarray
    ) -> Labels:
        width, vocabulary = len(promoted), tokenizer.get_vocab_size()
        mass = csr_matrix((value, (latent, ids[token])), shape=(width, vocabulary))
        chosen, methods = [], []
        for i in range(width):
            row = mass[i]
            strongest = np.argsort(-row.data, kind="stable")[:NAMED]
            is_enough = row.data.sum() > 0 and row.data[strongest].sum() >= ENOUGH * row.data.sum()
            chosen.append((row.indices[strongest] if is_enough else promoted[i, :NAMED]).tolist())
            methods.append("tokens" if is_enough else "next")
        return cls(chosen, methods, tokenizer)

    def described(self, latent: int) -> dict:
        names = [self.tokenizer.decode([token]).replace("\n", "⏎").replace("\t", "⇥").strip() or "␣" for token in self.tokens[latent]]
        distinct = ", ".join(dict.fromkeys(names))
        return {"text": f"at {distinct}" if self.methods[latent] == "tokens" else f"before {distinct}", "method": self.methods[latent]}

    def scores(self, windows: Windows) -> list[dict]:
        """[{score, windows}]: balanced accuracy, and the number of windows where the feature fires; no score where it nowhere does."""
        count, vocabulary = windows.tokens.shape
        rows = np.repeat(np.arange(len(self.tokens)), [len(tokens) for tokens in self.tokens])
        columns = np.concatenate([np.array(tokens, np.int64) for tokens in self.tokens])
        seen = columns < vocabulary
        named = csr_matrix((np.ones(seen.sum(), np.float32), (rows[seen], columns[seen])), shape=(len(self.tokens), vocabulary))
        told = (windows.tokens.astype(np.float32) @ named.T) > 0  # [windows, width]
        both = np.asarray(told.multiply(windows.fires).sum(axis=0)).ravel()
        said, fires = (np.asarray(of.sum(axis=0)).ravel() for of in (told, windows.fires))
        result = []
        for hit, told_here, here in zip(both, said, fires):
            if here == 0 or here == count:
                result.append({"windows": int(here)})
                continue
            accuracy = (hit / here + 1 - (told_here - hit) / (count - here)) / 2
            result.append({"score": round(float(accuracy), 3), "windows": int(here)})
        return result
