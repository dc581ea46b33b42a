"""A small builder of ONNX graphs. Weights stay in data files that do not change when a graph does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

OPSET = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
IR_VERSION = 10


@dataclass(frozen=True)
class Shape:
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    intermediate: int
    vocabulary: int
    window: int  # positions that the rotary tables cover
    rope_base: float
    norm_epsilon: float

    @classmethod
    def of_pack(cls, manifest: dict) -> Shape:
        """From pack.json."""
        return cls(**{name: value for name, value in manifest["model"].items() if name != "architecture"})


class WeightFile:
    """Appends tensors to one data file and remembers where each stands. The file is written once and never edited."""

    ALIGN = 4096

    def __init__(self, path: Path):
        self.path, self.entries, self._chunks, self._size = path, {}, [], 0

    def add(self, name: str, data: np.ndarray, onnx_type: int, dims: list[int]) -> None:
        pad = -self._size % self.ALIGN
        raw = data.tobytes()
        self._chunks += [b"\0" * pad, raw]
        self.entries[name] = {"type": onnx_type, "dims": dims, "offset": self._size + pad, "length": len(raw)}
        self._size += pad + len(raw)

    def write(self) -> None:
        self.path.write_bytes(b"".join(self._chunks))


def external(name: str, entry: dict, location: str) -> TensorProto:
    tensor = TensorProto(name=name, data_type=entry["type"], dims=entry["dims"], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", entry["offset"]), ("length", entry["length"])):
        tensor.external_data.add(key=key, value=str(value))
    return tensor


class Graph:
    """Nodes by operator name, weights by their place in a weight file.

    `branch` gives a graph that runs under a condition. It has nodes of its own; weights, constants and all that follows from
    them alone (`once`) belong to the outer graph, where the runtime folds them once for all branches.
    """

    def __init__(self, name: str, shape: Shape, files: dict[str, dict], outer: Graph | None = None):
        self.name, self.shape, self.files, self.nodes = name, shape, files, []
        self.root = outer.root if outer else self
        if not outer:
            self.initialisers, self._known, self._folded, self._count = [], set(), {}, 0

    def branch(self, name: str) -> Graph:
        return Graph(name, self.shape, self.files, outer=self)

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", out: str | None = None, **attributes):
        self.root._count += 1
        names = [out] if out else [f"{kind}_{self.root._count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def const(self, value, dtype) -> str:
        array = np.asarray(value, dtype=dtype)
        digest = hashlib.sha256(array.tobytes()).hexdigest()[:16]
        name = f"const_{array.dtype}_{digest}_{'x'.join(map(str, array.shape))}"
        if name not in self.root._known:
            self.root._known.add(name)
            self.root.initialisers.append(onnx.numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str) -> str:
        if name not in self.root._known:
            self.root._known.add(name)
            location = next(file for file, entries in self.files.items() if name in entries)
            self.root.initialisers.append(external(name, self.files[location][name], location))
        return name

    def once(self, key: str, build: Callable[[Graph], str]) -> str:
        """What follows from weights and constants alone: built in the outer graph, the first time it is asked for."""
        if key not in self.root._folded:
            self.root._folded[key] = build(self.root)
        return self.root._folded[key]

    def q4_matrix(self, name: str) -> str:
        """float32 [in, out] of a Q4_1 matrix stored as levels [in/32, 32, out]; folded when the session opens."""

        def expand(g: Graph) -> str:
            widen = lambda part: g.op("Cast", g.weight(f"{name}.{part}"), to=TensorProto.FLOAT)
            scaled = g.op("Mul", widen("levels"), widen("scale"))
            blocks = g.op("Add", scaled, widen("minimum"))
            rows = next(entries[f"{name}.levels"]["dims"] for entries in g.files.values() if f"{name}.levels" in entries)
            return g.op("Reshape", blocks, g.const([rows[0] * rows[1], rows[2]], np.int64))

        return self.once(name, expand)

    def embedding_rows(self, ids: str) -> str:
        """float32 [tokens, hidden]; only the rows that are asked for are expanded."""
        widen = lambda part: self.op("Cast", self.op("Gather", self.weight(f"embedding.{part}"), ids), to=TensorProto.FLOAT)
        rows = self.op("Mul", widen("levels"), widen("scale"))
        return self.op("Reshape", rows, self.const([-1, self.shape.hidden], np.int64))

    def embedding_matrix(self) -> str:
        """float32 [vocabulary, hidden]; folded when the session opens."""

        def expand(g: Graph) -> str:
            widen = lambda part: g.op("Cast", g.weight(f"embedding.{part}"), to=TensorProto.FLOAT)
            blocks = g.op("Mul", widen("levels"), widen("scale"))
            return g.op("Reshape", blocks, g.const([g.shape.vocabulary, g.shape.hidden], np.int64))

        return self.once("embedding", expand)

    def norm(self, x: str, weight: str) -> str:
        return self.op("SimplifiedLayerNormalization", x, self.weight(weight), axis=-1, epsilon=self.shape.norm_epsilon)

    def either(self, condition: str, then: Graph, otherwise: Graph, outputs: list[onnx.ValueInfoProto]) -> None:
        """Runs one branch; both compute `outputs` by these names, with the branch's name before it."""

        def body(branch: Graph) -> onnx.GraphProto:
            own = [onnx.ValueInfoProto.FromString(output.SerializeToString()) for output in outputs]
            for output in own:
                output.name = f"{branch.name}_{output.name}"
            return helper.make_graph(branch.nodes, branch.name, [], own)

        names = [output.name for output in outputs]
        self.nodes.append(helper.make_node("If", [condition], names, then_branch=body(then), else_branch=body(otherwise)))

    def model(self, inputs: list, outputs: list) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.initialisers)
        return helper.make_model(graph, opset_imports=OPSET, ir_version=IR_VERSION, producer_name="backfire")
