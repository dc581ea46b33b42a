"""Weights as a pack stores them, in files below a size.

q8 is GGUF's Q8_0: for each 32 inputs of an output a float16 scale and int8 levels, w = scale x level.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto

from backfire_lab.graph_builder import WeightFile
from backfire_lab.models.refusal import Refused

BLOCK = 32
LARGEST_FILE = 95_000_000  # bytes: what the common hosts of repositories take
PRECISIONS = ("q8", "float16", "float32")


def quantised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[…, n] to levels int8 [… , n / 32, 32] and scale float16 [… , n / 32, 1]."""
    blocks = values.reshape(*values.shape[:-1], -1, BLOCK)
    scale = (np.abs(blocks).max(-1, keepdims=True) / 127).astype(np.float16)
    wide = scale.astype(np.float32)
    levels = np.rint(np.divide(blocks, wide, out=np.zeros_like(blocks), where=wide > 0))
    return np.clip(levels, -127, 127).astype(np.int8), scale


def dequantised(levels: np.ndarray, scale: np.ndarray) -> np.ndarray:
    wide = levels.astype(np.float32) * scale.astype(np.float32)
    return wide.reshape(*wide.shape[:-2], -1)


class WeightFiles:
    """Tensors into files weights-001.bin, …, each written as soon as it is full."""

    def __init__(self, folder: Path, precision: str, largest: int | None = None):
        self.folder, self.precision, self.largest = folder, precision, largest or LARGEST_FILE
        self.entries: dict[str, dict] = {}
        self._file: WeightFile | None = None
        self._size = 0

    def vector(self, name: str, values: np.ndarray) -> None:
        self._add(name, values, TensorProto.FLOAT)

    def matrix(self, name: str, values: np.ndarray) -> None:
        """[out, in], stored input-major, so that the expanded matrix needs no transposition."""
        for part, rows in self._parts(name, values):
            if self.precision != "q8":
                self._add(f"{part}.values", rows.T, *self._plain(part, rows))
                continue
            levels, scale = quantised(rows)
            self._add(f"{part}.levels", levels.transpose(1, 2, 0), TensorProto.INT8)
            self._add(f"{part}.scale", scale.transpose(1, 2, 0), TensorProto.FLOAT16)

    def table(self, name: str, values: np.ndarray) -> None:
        """[rows, hidden], read row by row."""
        for part, rows in self._parts(name, values):
            if self.precision != "q8":
                self._add(f"{part}.values", rows, *self._plain(part, rows))
                continue
            levels, scale = quantised(rows)
            self._add(f"{part}.levels", levels, TensorProto.INT8)
            self._add(f"{part}.scale", scale, TensorProto.FLOAT16)

    def close(self) -> dict[str, dict]:
        if self._file:
            self._file.write()
            self.entries[self._file.path.name] = self._file.entries
            self._file = None
        return self.entries

    def _plain(self, name: str, values: np.ndarray) -> tuple[int]:
        if self.precision == "float32":
            return (TensorProto.FLOAT,)
        largest = float(np.abs(values).max())
        if largest > np.finfo(np.float16).max:
            raise Refused(f"{name}: the largest weight is {largest}, float16 ends at 65504; use --weights float32")
        return (TensorProto.FLOAT16,)

    def _parts(self, name: str, values: np.ndarray):
        """Rows that fit a file together: one part, or several of them."""
        outputs, inputs = values.shape
        if self.precision == "q8" and inputs % BLOCK:
            raise Refused(f"{name}: {inputs} inputs are no multiple of {BLOCK}, which q8 needs; use --weights float32")
        bytes_each = {"q8": 1, "float16": 2, "float32": 4}[self.precision] * inputs
        fitting = max(1, self.largest // bytes_each)
        if outputs <= fitting:
            yield name, values
            return
        for number, start in enumerate(range(0, outputs, fitting)):
            yield f"{name}.{number}", values[start : start + fitting]

    def _add(self, name: str, values: np.ndarray, onnx_type: int) -> None:
        kinds = {TensorProto.FLOAT: np.float32, TensorProto.FLOAT16: np.float16, TensorProto.INT8: np.int8}
        data = np.ascontiguousarray(values, dtype=kinds[onnx_type])
        size = data.nbytes + WeightFile.ALIGN
        if self._file is None or self._size + size > self.largest + WeightFile.ALIGN:
            self.close()
            self._file, self._size = WeightFile(self.folder / f"weights-{len(self.entries) + 1:03}.bin"), 0
        self._file.add(name, data, onnx_type, list(data.shape))
        self._size += size
