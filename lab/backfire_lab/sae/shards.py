"""Activations on disk: files of about 65,536 tokens each, whole or not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

TOKENS = 65_536  # of a shard, up to the end of a sequence
SINK = 5  # times the median norm
LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Shard:
    residual: np.ndarray  # float16 [tokens, hidden]
    positions: np.ndarray  # uint16 [tokens], 0 where a sequence begins
    kinds: np.ndarray  # uint8 [tokens]

    def save(self, path: Path) -> None:
        partial = path.with_suffix(".partial")
        save_file({"residual": self.residual, "positions": self.positions, "kinds": self.kinds}, partial)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Shard:
        return cls(**load_file(path))

    def learnt(self) -> np.ndarray:
        """[tokens, hidden] without sinks."""
        return self.residual[~sinks(self.residual, self.positions == 0)]


def sinks(residual: np.ndarray, first: np.ndarray) -> np.ndarray:
    """[tokens], whether the model parks attention there: at the `first` of a sequence, and wherever the norm is as far off.

    That is at times the second token, or a run of the same one. Few as they are, their norm would outweigh all the others.
    """
    norms = np.linalg.norm(residual.astype(np.float32), axis=1)
    return first | (norms > SINK * np.median(norms[~first]))


def halved(residual: np.ndarray) -> np.ndarray:
    """float16 of the same values; refuses what it can't hold, so nothing is clipped unseen."""
    worst = float(np.abs(residual).max())
    if not worst <= LARGEST:
        raise SystemExit(f"The residual stream reaches {worst:.0f}; float16 ends at {LARGEST:.0f}. Gather another layer.")
    return residual.astype(np.float16)


def name_of(number: int) -> str:
    return f"{number:05}.safetensors"


def shards_in(folder: Path) -> list[Path]:
    """In the order of gathering, up to the first that is not there."""
    found = sorted(folder.glob("[0-9]*.safetensors"))
    return [path for number, path in enumerate(found) if path.name == name_of(number)]


def gathered(folder: Path) -> list[Path]:
    """The same; SystemExit where there are none."""
    found = shards_in(folder)
    if not found:
        raise SystemExit(f"{folder}: no activations are there. Run `python -m backfire_lab.sae.gather` first.")
    return found


def borders(ends: np.ndarray) -> list[tuple[int, int]]:
    """[first, last) sequences of each shard."""
    cuts, start = [0], 0
    for i, end in enumerate(ends):
        if end - start >= TOKENS:
            cuts.append(i + 1)
            start = int(end)
    if cuts[-1] != len(ends):
        cuts.append(len(ends))
    return list(zip(cuts, cuts[1:]))
