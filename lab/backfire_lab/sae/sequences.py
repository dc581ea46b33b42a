"""Texts as token sequences: cut, put in random order, kept in one file for each split.

A sequence is up to 256 tokens of one text, without a token before it: the product adds none either. Its first position is
therefore a token of the text that the model takes for the beginning. The model parks attention there, its residual is some
hundred times longer than the others, and training, report and product all leave it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

LENGTH, SHORTEST = 256, 32  # tokens
AT_ONCE = 1_000  # texts
KINDS = ("code", "documentation", "instruction")


@dataclass(frozen=True)
class Sequences:
    ids: np.ndarray  # uint16 [tokens]
    ends: np.ndarray  # int64 [sequences], where each one ends in ids
    kinds: np.ndarray  # uint8 [sequences], index in KINDS
    packages: np.ndarray  # uint16 [sequences], line of the manifest

    def __len__(self) -> int:
        return len(self.ends)

    def start(self, i: int) -> int:
        return int(self.ends[i - 1]) if i else 0

    def lengths(self, first: int, last: int) -> list[int]:
        """Of the sequences from `first` until `last`."""
        return np.diff(self.ends[first:last], prepend=self.start(first)).tolist()

    def of(self, i: int) -> np.ndarray:
        return self.ids[self.start(i) : self.ends[i]]

    def save(self, path: Path) -> None:
        partial = path.with_name("partial-" + path.name)
        np.savez(partial, ids=self.ids, ends=self.ends, kinds=self.kinds, packages=self.packages)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Sequences:
        if not path.exists():
            raise SystemExit(f"{path} is not there. Run `python -m backfire_lab.sae.text` first.")
        with np.load(path) as arrays:
            return cls(**{name: arrays[name] for name in ("ids", "ends", "kinds", "packages")})


def pieces_of(ids: np.ndarray) -> list[np.ndarray]:
    """Sequences of LENGTH tokens; a rest that is too short to tell much is left out."""
    cut = [ids[i : i + LENGTH] for i in range(0, len(ids), LENGTH)]
    return [piece for piece in cut if len(piece) >= SHORTEST]


def encoded(texts: list[str], tokenizer: Tokenizer) -> Iterator[np.ndarray]:
    """uint16 [tokens] of each text; some texts at a time, for what the tokenizer says of a token takes a hundred bytes."""
    for i in range(0, len(texts), AT_ONCE):
        for encoding in tokenizer.encode_batch_fast(texts[i : i + AT_ONCE], add_special_tokens=False):
            yield np.array(encoding.ids, np.uint16)


def arrange(texts: list[tuple[str, int, str]], tokenizer: Tokenizer, seed: int) -> Sequences:
    """From (kind, package, text), in an order that makes any first part a fair sample of the whole."""
    ids_of = encoded([text for _, _, text in texts], tokenizer)
    rows = [(KINDS.index(kind), package, piece) for (kind, package, _), ids in zip(texts, ids_of) for piece in pieces_of(ids)]
    order = np.random.default_rng(seed).permutation(len(rows))
    kinds, packages, pieces = zip(*(rows[i] for i in order))
    return Sequences(
        ids=np.concatenate(pieces),
        ends=np.cumsum([len(piece) for piece in pieces], dtype=np.int64),
        kinds=np.array(kinds, np.uint8),
        packages=np.array(packages, np.uint16),
    )
