"""A label for each feature, made from the tokens that it fires at, and how well that label tells where it fires.

Method `tokens`: the tokens that make up the most of its activation, if the first three make up a quarter of it. Method `lift`, for
features that fire at many: the tokens whose share of its activation is largest against their share of the text, among
those with a hundredth of its activation, or the most of it where none has that. No language model writes or judges.

The score is balanced accuracy on windows of held-out text: does a window that holds one of the label's tokens hold the feature,
and one that holds none not? 0.5 is chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from tokenizers import Tokenizer

WINDOW = 16  # tokens
NAMED = 3
ENOUGH = 0.25  # of a feature's activation
LEAST_SHARE = 0.01  # of it, for a token to be named by its lift


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
    def of(cls, ids: np.ndarray, token: np.ndarray, latent: np.ndarray, value: np.ndarray, width: int, tokenizer: Tokenizer) -> Labels:
        vocabulary = tokenizer.get_vocab_size()
        mass = csr_matrix((value, (latent, ids[token])), shape=(width, vocabulary))
        frequency = np.bincount(ids, minlength=vocabulary)
        chosen, methods = [], []
        for i in range(width):
            row = slice(mass.indptr[i], mass.indptr[i + 1])
            tokens, shares = mass.indices[row], mass.data[row] / max(1e-9, mass.data[row].sum())
            strongest = np.argsort(-shares, kind="stable")
            is_enough = len(shares) > 0 and shares[strongest[:NAMED]].sum() >= ENOUGH
            if not is_enough:
                named = [k for k in strongest if shares[k] >= LEAST_SHARE] or strongest[:NAMED]
                strongest = np.array(sorted(named, key=lambda k: -shares[k] / frequency[tokens[k]]), np.int64)
            chosen.append(tokens[strongest[:NAMED]].tolist())
            methods.append("tokens" if is_enough else "lift")
        return cls(chosen, methods, tokenizer)

    def described(self, latent: int) -> dict:
        names = [self.tokenizer.decode([token]).replace("\n", "⏎").replace("\t", "⇥").strip() or "␣" for token in self.tokens[latent]]
        distinct = ", ".join(dict.fromkeys(names)) or "no token of the training text"
        method = self.methods[latent]
        return {"text": f"at {distinct}" if method == "tokens" else f"often at {distinct}", "method": method}

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
