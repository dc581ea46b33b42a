"""A small builder of ONNX graphs. Weights stay in data files that do not change when a graph does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from itertools import count, takewhile
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
    # What follows is Llama's own unless a model says otherwise; see models/configuration.py.
    activation: str = "silu"  # of the gate, or gelu_tanh
    rope_scaling: dict | None = None  # {"type": "linear" or "llama3", …} in the names of Hugging Face
    local_rope_base: float | None = None  # of blocks with a window, without scaling
    attention_window: int | None = None  # tokens that a block in `windowed` looks back over, its own among them
    windowed: tuple[int, ...] = ()  # blocks, counted from 0
    attention_scale: float | None = None  # of scores; 1 / sqrt(head_size)
    attention_cap: float | None = None  # c of c tanh(score / c)
    logit_cap: float | None = None
    embedding_scale: float | None = None
    post_norms: bool = False  # norms also of what attention and MLP write
    query_norm: bool = False  # norms of every head's q and k
    qkv_bias: bool = False
    tied: bool = True  # the embedding is the unembedding

    @classmethod
    def of_pack(cls, manifest: dict) -> Shape:
        """From pack.json."""
        model = {name: value for name, value in manifest["model"].items() if name != "architecture"}
        return cls(**model | {"windowed": tuple(model.get("windowed", ()))})

    def described(self) -> dict:
        """For pack.json: what has a usual value is left out."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, usual) in values.items() if usual is MISSING or value != usual}

    @property
    def query_size(self) -> int:
        """Of all heads together."""
        return self.heads * self.head_size

    @property
    def kv_size(self) -> int:
        return self.kv_heads * self.head_size

    @property
    def scale(self) -> float:
        return self.head_size**-0.5 if self.attention_scale is None else self.attention_scale


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

    def dims(self, name: str) -> list[int] | None:
        """Of a stored tensor; None where there is none by that name."""
        return next((entries[name]["dims"] for entries in self.files.values() if name in entries), None)

    def parts(self, name: str) -> list[str]:
        """A tensor too large for one file is stored in parts, name.0, name.1, …: stretches of its outputs, or of a table's rows."""
        stored = lambda part: any(self.dims(f"{part}.{kind}") for kind in ("levels", "values"))
        if stored(name):
            return [name]
        return list(takewhile(stored, (f"{name}.{number}" for number in count())))

    def widened(self, name: str) -> str:
        return self.op("Cast", self.weight(name), to=TensorProto.FLOAT)

    def matrix(self, name: str) -> str:
        """float32 [in, out]; folded when the session opens. Stored as values, or as levels [in/32, 32, out] with a scale and, in
        Q4_1, a minimum for each 32."""

        def expand(g: Graph, part: str) -> str:
            if g.dims(f"{part}.values"):
                return g.widened(f"{part}.values")
            blocks = g.op("Mul", g.widened(f"{part}.levels"), g.widened(f"{part}.scale"))
            if g.dims(f"{part}.minimum"):
                blocks = g.op("Add", blocks, g.widened(f"{part}.minimum"))
            rows = g.dims(f"{part}.levels")
            return g.op("Reshape", blocks, g.const([rows[0] * rows[1], rows[2]], np.int64))

        return self.once(name, lambda g: g.joined([expand(g, part) for part in g.parts(name)], axis=1))

    def embedding_rows(self, ids: str) -> str:
        """float32 [tokens, hidden]; only the rows that are asked for are expanded."""
        parts = self.parts("embedding")

        def rows_of(kind: str) -> str:
            table = self.once(f"embedding {kind}", lambda g: g.joined([g.weight(f"{part}.{kind}") for part in parts], axis=0))
            return self.op("Cast", self.op("Gather", table, ids), to=TensorProto.FLOAT)

        if self.dims(f"{parts[0]}.values"):
            rows = rows_of("values")
        else:
            rows = self.op("Mul", rows_of("levels"), rows_of("scale"))
            rows = self.op("Reshape", rows, self.const([-1, self.shape.hidden], np.int64))
        scale = self.shape.embedding_scale
        return rows if scale is None else self.op("Mul", rows, self.const(scale, np.float32))

    def unembedding(self) -> list[str]:
        """float32 [rows, hidden] of each part of the vocabulary; folded when the session opens."""

        def expand(g: Graph, part: str) -> str:
            if g.dims(f"{part}.values"):
                return g.widened(f"{part}.values")
            blocks = g.op("Mul", g.widened(f"{part}.levels"), g.widened(f"{part}.scale"))
            return g.op("Reshape", blocks, g.const([g.dims(f"{part}.levels")[0], g.shape.hidden], np.int64))

        return [self.once(f"unembedding {name}", lambda g, name=name: expand(g, name)) for name in self.unembedding_parts()]

    def unembedding_parts(self) -> list[str]:
        return self.parts("embedding" if self.shape.tied else "unembedding")

    def unembedding_rows(self, part: str, first: str, end: str) -> str:
        """float32 [end − first, hidden] of a part, from one row to another, int64 [1]; expanded when the graph runs, those rows alone."""

        def rows_of(kind: str) -> str:
            rows = self.op("Slice", self.weight(f"{part}.{kind}"), first, end, self.const([0], np.int64))
            return self.op("Cast", rows, to=TensorProto.FLOAT)

        if self.dims(f"{part}.values"):
            return rows_of("values")
        rows = self.op("Mul", rows_of("levels"), rows_of("scale"))
        return self.op("Reshape", rows, self.const([-1, self.shape.hidden], np.int64))

    def rows(self, part: str) -> int:
        """Of a part of a table."""
        return (self.dims(f"{part}.levels") or self.dims(f"{part}.values"))[0]

    def joined(self, parts: list[str], axis: int) -> str:
        return parts[0] if len(parts) == 1 else self.op("Concat", *parts, axis=axis)

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

    def repeat(
        self, times: int, body: Callable[[Graph, str, list[str]], list[str]], start: list[str], types: list[int]
    ) -> list[str]:
        """Runs `body(graph, step, values)` for step 0, 1, …, an int64: what it returns it is given the next time, at first `start`.

        What it makes of weights by the step is not folded, so that it is there for that step alone.
        """
        inner = self.branch("step")
        info = helper.make_tensor_value_info
        named = lambda prefix: [f"{prefix}_{self.root._count}_{i}" for i in range(len(start) + 2)]
        taken, left = named("taken"), named("left")
        values = body(inner, taken[0], taken[2:])
        for value, name in zip([taken[1], *values], left[1:], strict=True):
            inner.op("Identity", value, out=name)
        kinds = [TensorProto.BOOL, *types]
        inputs = [info(taken[0], TensorProto.INT64, []), *map(lambda *each: info(*each, None), taken[1:], kinds)]
        graph = helper.make_graph(inner.nodes, "step", inputs, list(map(lambda *each: info(*each, None), left[1:], kinds)))
        self.root._count += 1
        outputs = [f"Loop_{self.root._count}_{i}" for i in range(len(start))]
        begin = [self.const(times, np.int64), self.const(True, np.bool_), *start]
        self.nodes.append(helper.make_node("Loop", begin, outputs, body=graph))
        return outputs

    def model(self, inputs: list, outputs: list) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.initialisers)
        return helper.make_model(graph, opset_imports=OPSET, ir_version=IR_VERSION, producer_name="backfire")
