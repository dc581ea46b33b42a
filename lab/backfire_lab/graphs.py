"""ONNX graphs of a Llama-shaped model. Weights stay in data files that do not change when a graph does.

One run takes several *versions*: different texts, or forms of one text that share a prefix. Matrix products run over
the distinct tokens of all of them, without padding; only attention sees rows of versions (`Layout`).
"""

from __future__ import annotations

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
    """A small builder: nodes by operator name, weights by their place in a weight file."""

    def __init__(self, name: str, shape: Shape, files: dict[str, dict]):
        self.name, self.shape, self.files = name, shape, files
        self.nodes, self.initialisers, self._known, self._count = [], [], set(), 0

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", out: str | None = None, **attributes):
        self._count += 1
        names = [out] if out else [f"{kind}_{self._count}" + (f"_{i}" if i else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def const(self, value, dtype) -> str:
        array = np.asarray(value, dtype=dtype)
        name = f"const_{array.dtype}_{array.tobytes().hex()[:48]}_{'x'.join(map(str, array.shape))}"
        if name not in self._known:
            self._known.add(name)
            self.initialisers.append(onnx.numpy_helper.from_array(array, name))
        return name

    def weight(self, name: str) -> str:
        if name not in self._known:
            self._known.add(name)
            location = next(file for file, entries in self.files.items() if name in entries)
            self.initialisers.append(external(name, self.files[location][name], location))
        return name

    def q4_matrix(self, name: str) -> str:
        """float32 [in, out] of a Q4_1 matrix stored as levels [in/32, 32, out]; folded when the session opens."""
        widen = lambda part: self.op("Cast", self.weight(f"{name}.{part}"), to=TensorProto.FLOAT)
        scaled = self.op("Mul", widen("levels"), widen("scale"))
        blocks = self.op("Add", scaled, widen("minimum"))
        rows = next(entries[f"{name}.levels"]["dims"] for entries in self.files.values() if f"{name}.levels" in entries)
        return self.op("Reshape", blocks, self.const([rows[0] * rows[1], rows[2]], np.int64))

    def embedding_rows(self, ids: str) -> str:
        """float32 [tokens, hidden]; only the rows that are asked for are expanded."""
        widen = lambda part: self.op("Cast", self.op("Gather", self.weight(f"embedding.{part}"), ids), to=TensorProto.FLOAT)
        rows = self.op("Mul", widen("levels"), widen("scale"))
        return self.op("Reshape", rows, self.const([-1, self.shape.hidden], np.int64))

    def embedding_matrix(self) -> str:
        """float32 [vocabulary, hidden]; folded when the session opens."""
        widen = lambda part: self.op("Cast", self.weight(f"embedding.{part}"), to=TensorProto.FLOAT)
        blocks = self.op("Mul", widen("levels"), widen("scale"))
        return self.op("Reshape", blocks, self.const([self.shape.vocabulary, self.shape.hidden], np.int64))

    def files_entry(self, name: str) -> dict:
        return next(entries[name] for entries in self.files.values() if name in entries)

    def norm(self, x: str, weight: str) -> str:
        return self.op("SimplifiedLayerNormalization", x, self.weight(weight), axis=-1, epsilon=self.shape.norm_epsilon)

    def model(self, inputs: list, outputs: list) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, self.name, inputs, outputs, self.initialisers)
        return helper.make_model(graph, opset_imports=OPSET, ir_version=IR_VERSION, producer_name="backfire")


# Attention runs over versions, everything else over distinct tokens: `layout` holds, for each version (row) and each
# position in it, the index of its token, so that a shared prefix is computed once and read by several rows.
LAYOUT_INPUTS = [
    helper.make_tensor_value_info("layout", TensorProto.INT64, ["versions", "length"]),
    helper.make_tensor_value_info("lengths", TensorProto.INT32, ["versions"]),
    helper.make_tensor_value_info("home", TensorProto.INT64, ["tokens"]),
]


class Layout:
    """What every layer of a run needs: token order of each version, where each token's result is read, rotary tables."""

    def __init__(self, g: Graph):
        s = g.shape
        self.last = g.op("Sub", "lengths", g.const([1], np.int32))
        length = g.op("Gather", g.op("Shape", "layout"), g.const(1, np.int64))
        self.total = g.op("Cast", length, to=TensorProto.INT32)
        positions = g.op("Range", g.const(0.0, np.float32), g.const(float(s.window), np.float32), g.const(1.0, np.float32))
        exponent = np.arange(0, s.head_size, 2, dtype=np.float64) / s.head_size
        frequency = g.const((1.0 / s.rope_base**exponent)[None, :], np.float32)
        turns = g.op("Mul", g.op("Unsqueeze", positions, g.const([1], np.int64)), frequency)
        self.cos, self.sin = g.op("Cos", turns), g.op("Sin", turns)  # [window, head_size / 2]


def attention(g: Graph, i: int, normed: str, layout: Layout) -> str:
    """Causal grouped-query attention of layer i: [tokens, hidden] to [tokens, hidden]."""
    s = g.shape
    qkv = g.op("MatMul", normed, g.op("Concat", *(g.q4_matrix(f"layers.{i}.{name}") for name in "qkv"), axis=1))
    attended = g.op(
        "GroupQueryAttention", g.op("Gather", qkv, "layout"), "", "", "", "", layout.last, layout.total, layout.cos, layout.sin,
        outputs=3, domain="com.microsoft", num_heads=s.heads, kv_num_heads=s.kv_heads, do_rotary=1, rotary_interleaved=0,
    )[0]  # fmt: skip
    rows = g.op("Reshape", attended, g.const([-1, s.hidden], np.int64))
    return g.op("MatMul", g.op("Gather", rows, "home"), g.q4_matrix(f"layers.{i}.o"))


def feed_forward(g: Graph, i: int, normed: str) -> str:
    gate, up = (g.op("MatMul", normed, g.q4_matrix(f"layers.{i}.{name}")) for name in ("gate", "up"))
    silu = g.op("QuickGelu", gate, domain="com.microsoft", alpha=1.0)  # x * sigmoid(x)
    return g.op("MatMul", g.op("Mul", silu, up), g.q4_matrix(f"layers.{i}.down"))


def block(g: Graph, i: int, residual: str, normed: str, layout: Layout, next_norm: str | None) -> tuple[str, str]:
    """Transformer block i: the residual stream [tokens, hidden] before it, plain and normed, to the same after it.

    A sum and the norm of it are one operator, which reads the stream once. The last block of a segment norms nothing.
    """
    middle, normed = add_and_norm(g, residual, attention(g, i, normed, layout), f"layers.{i}.mlp_norm")
    update = feed_forward(g, i, normed)
    return add_and_norm(g, middle, update, next_norm) if next_norm else (g.op("Add", middle, update), "")


def add_and_norm(g: Graph, residual: str, update: str, weight: str) -> tuple[str, str]:
    normed, _, _, total = g.op(
        "SkipSimplifiedLayerNormalization", residual, update, g.weight(weight),
        outputs=4, domain="com.microsoft", epsilon=g.shape.norm_epsilon,
    )  # fmt: skip
    return total, normed


def stream(name: str, size: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", size])


def segment_graph(shape: Shape, files: dict, first: int, last: int) -> onnx.ModelProto:
    """Blocks `first` to `last`, counted from 1: resid first - 1 to resid last, both [tokens, hidden].

    The first segment takes ids [tokens] instead; the last one applies the final norm and gives the final hidden state.
    Segments are short because the runtime holds every step of expanding the weights of a graph until it is open.
    """
    g = Graph(f"blocks-{first}-{last}", shape, files)
    residual, layout = g.embedding_rows("ids") if first == 1 else "residual", Layout(g)
    at_end = last == shape.layers
    normed = g.norm(residual, f"layers.{first - 1}.attn_norm")
    for i in range(first - 1, last):
        after = "final_norm" if at_end else None
        residual, normed = block(g, i, residual, normed, layout, f"layers.{i + 1}.attn_norm" if i + 1 < last else after)
    g.op("Identity", normed if at_end else residual, out="result")
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["tokens"])
    start = ids if first == 1 else stream("residual", shape.hidden)
    return g.model([start, *LAYOUT_INPUTS], [stream("result", shape.hidden)])


def kernel_graph(shape: Shape, files: dict, power: int) -> onnx.ModelProto:
    """Token log-probabilities, and gradient products of every predicted token with every query token.

    `rows` [rows] says which hidden state predicts each token, `targets` [rows] which token that is; `query_rows` and
    `query_targets` [queries] the same for the query, the payload after a neutral context, in states of its own. With p = softmax(logits) and
    e = p - onehot(target), products[s, q] = (e_s . e_q) * max(cos(r_s, r_q), 0) ** power, r the kernel residual.
    e_s . e_q = p_s . p_q - p_s[y_q] - p_q[y_s] + [y_s = y_q], so no vocabulary-sized array leaves the graph.
    """
    g = Graph("kernel", shape, files)
    axis = lambda n: g.const([n], np.int64)
    unembedding = g.embedding_matrix()
    # Softmax is the only reader of the logits, so the runtime can write p over them: half the memory.
    logits = lambda hidden, rows: g.op("Gemm", g.op("Gather", hidden, rows), unembedding, transB=1)
    softmax = lambda hidden, rows: g.op("Softmax", logits(hidden, rows), axis=-1)
    p, p_query = softmax("hidden", "rows"), softmax("query_hidden", "query_rows")  # [rows or queries, vocabulary]
    column, row = g.op("Unsqueeze", "targets", axis(1)), g.op("Unsqueeze", "query_targets", axis(0))

    def log_of_target(p: str, targets: str, out: str) -> None:
        # log p is exact to 1e-6 down to the smallest normal number: 87 nats, where it ends.
        chosen = g.op("GatherElements", p, targets, axis=1)
        bounded = g.op("Max", chosen, g.const(np.finfo(np.float32).tiny, np.float32))
        g.op("Squeeze", g.op("Log", bounded), axis(1), out=out)

    log_of_target(p, column, "log_probability")
    log_of_target(p_query, g.op("Unsqueeze", "query_targets", axis(1)), "query_log_probability")

    inner = g.op("Gemm", p, p_query, transB=1)  # [rows, queries]
    at_query = g.op("Gather", p, "query_targets", axis=1)  # p_s[y_q]
    at_sample = g.op("Transpose", g.op("Gather", p_query, "targets", axis=1), perm=[1, 0])  # p_q[y_s]
    same = g.op("Cast", g.op("Equal", column, row), to=TensorProto.FLOAT)
    errors = g.op("Add", g.op("Sub", g.op("Sub", inner, at_query), at_sample), same)
    direction = lambda residual, rows: g.op("LpNormalization", g.op("Gather", residual, rows), axis=-1, p=2)
    directions = direction("kernel_residual", "rows"), direction("query_kernel_residual", "query_rows")
    cosine = g.op("Relu", g.op("Gemm", *directions, transB=1))
    g.op("Mul", errors, g.op("Pow", cosine, g.const(float(power), np.float32)), out="products")

    info = helper.make_tensor_value_info
    indices = lambda name, size: info(name, TensorProto.INT64, [size])
    states = lambda name, count: info(name, TensorProto.FLOAT, [count, shape.hidden])
    inputs = [
        *(states(name, "tokens") for name in ("hidden", "kernel_residual")),
        *(states(name, "query_tokens") for name in ("query_hidden", "query_kernel_residual")),
        *(indices(name, "rows") for name in ("rows", "targets")),
        *(indices(name, "queries") for name in ("query_rows", "query_targets")),
    ]
    outputs = [
        info("log_probability", TensorProto.FLOAT, ["rows"]),
        info("query_log_probability", TensorProto.FLOAT, ["queries"]),
        info("products", TensorProto.FLOAT, ["rows", "queries"]),
    ]
    return g.model(inputs, outputs)
