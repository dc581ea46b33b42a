"""ONNX graphs of an autoencoder in SAELens' form, over the weights file as it is: nothing dense leaves them.

Whatever encodes leaves sinks out (shards.py): tokens whose residual is longer than `sink_norm` have no features. That holds the
first token of every run, whose norm is some hundred times that of others.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from backfire_lab.graph_builder import Graph
from backfire_lab.sae.saved import WEIGHTS

info = helper.make_tensor_value_info

GROUP = 16  # at most; latents whose strongest is looked at first: most groups of a token hold nothing
TYPES = {"F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}


def weight_index(path: Path) -> dict[str, dict]:
    """Where each tensor of a safetensors file stands: an 8-byte length, a JSON header of that length, then the data."""
    with path.open("rb") as file:
        header = int.from_bytes(file.read(8), "little")
        entries = json.loads(file.read(header))
    place = lambda entry: {"offset": 8 + header + entry["data_offsets"][0], "length": entry["data_offsets"][1] - entry["data_offsets"][0]}
    return {
        name: {"type": TYPES[entry["dtype"]], "dims": entry["shape"], **place(entry)}
        for name, entry in entries.items()
        if name != "__metadata__"
    }


class Latents(Graph):
    def __init__(self, name: str, weights: dict[str, dict], sink_norm: float):
        super().__init__(name, None, {WEIGHTS: weights})
        self.hidden, self.width = weights["W_enc"]["dims"]
        self.sink_norm = sink_norm
        self.group = math.gcd(self.width, GROUP)

    def wide(self, name: str) -> str:
        return self.once(name, lambda g: g.op("Cast", g.weight(name), to=TensorProto.FLOAT))

    def bias(self, encoder: str, encoder_bias: str) -> str:
        """What is added to residual W_enc: SAELens takes b_dec off the residual first."""
        return self.op("Sub", encoder_bias, self.op("MatMul", self.wide("b_dec"), encoder))

    def is_no_sink(self) -> str:
        norm = self.op("ReduceL2", "residual", self.const([1], np.int64), keepdims=0)
        return self.op("LessOrEqual", norm, self.const(self.sink_norm, np.float32))

    def kept(self, is_no_sink: str) -> str:
        return self.op("Squeeze", self.op("NonZero", is_no_sink), self.const([0], np.int64))

    def places(self, condition: str) -> str:
        """[true values, dimensions]"""
        return self.op("Transpose", self.op("NonZero", condition), perm=[1, 0])

    def column(self, places: str, number: int) -> str:
        return self.op("Gather", places, self.const(number, np.int64), axis=1)

    def residual(self) -> onnx.ValueInfoProto:
        return info("residual", TensorProto.FLOAT, ["tokens", self.hidden])


def encode_graph(weights: dict[str, dict], sink_norm: float, k: int | None = None) -> onnx.ModelProto:
    """residual [tokens, hidden] → token, latent [active] int32 and value [active], in the order of tokens, then latents; and
    `kept` [kept] int32, the tokens that are no sinks.

    Active are latents above their threshold, or given `k` the k largest of a token, where they are positive.
    """
    g = Latents("encode", weights, sink_norm)
    zero = g.const(0, np.float32)
    kept = g.kept(g.is_no_sink())
    row, latent, value = above_thresholds(g, kept, zero) if k is None else largest_of_token(g, kept, zero, k)
    token = g.op("Gather", kept, row)
    g.op("Cast", token, to=TensorProto.INT32, out="token")
    g.op("Cast", latent, to=TensorProto.INT32, out="latent")
    g.op("Identity", value, out="value")
    g.op("Cast", kept, to=TensorProto.INT32, out="kept")
    outputs = [
        *(info(name, TensorProto.INT32, ["active"]) for name in ("token", "latent")),
        info("value", TensorProto.FLOAT, ["active"]),
        info("kept", TensorProto.INT32, ["kept"]),
    ]
    return g.model([g.residual()], outputs)


def above_thresholds(g: Latents, kept: str, zero: str) -> tuple[str, str, str]:
    """Row among the kept, latent and value [active]. Thresholds are inside the bias, so an active latent is a positive number, and
    its activation is that plus the threshold."""
    above = g.once("above", lambda root: root.op("Sub", root.bias(root.wide("W_enc"), root.wide("b_enc")), root.wide("threshold")))
    over = g.op("Gemm", g.op("Gather", "residual", kept), g.wide("W_enc"), above)
    grouped = g.op("Reshape", over, g.const([-1, g.width // g.group, g.group], np.int64))
    strongest = g.op("ReduceMax", grouped, g.const([2], np.int64), keepdims=0)
    groups = g.places(g.op("Greater", strongest, zero))
    members = g.op("GatherND", grouped, groups)
    active = g.places(g.op("Greater", members, zero))
    group = g.op("Gather", groups, g.column(active, 0))
    first = g.op("Mul", g.column(group, 1), g.const(g.group, np.int64))
    latent = g.op("Add", first, g.column(active, 1))
    value = g.op("Add", g.op("GatherND", members, active), g.op("Gather", g.wide("threshold"), latent))
    return g.column(group, 0), latent, value


def largest_of_token(g: Latents, kept: str, zero: str, k: int) -> tuple[str, str, str]:
    positive = g.op("Relu", all_scores(g, g.op("Gather", "residual", kept)))
    places = g.places(g.op("And", g.op("GreaterOrEqual", positive, kth(g, positive, k)), g.op("Greater", positive, zero)))
    return g.column(places, 0), g.column(places, 1), g.op("GatherND", positive, places)


def all_scores(g: Latents, residual: str) -> str:
    """z [tokens, width]"""
    bias = g.once("bias", lambda root: root.bias(root.wide("W_enc"), root.wide("b_enc")))
    return g.op("Gemm", residual, g.wide("W_enc"), bias)


def kth(g: Latents, values: str, k: int) -> str:
    """[tokens, 1], the k-th largest of each."""
    largest, _ = g.op("TopK", values, g.const([k], np.int64), outputs=2, axis=1)
    return g.op("ReduceMin", largest, g.const([1], np.int64), keepdims=1)


def chosen_graph(weights: dict[str, dict], sink_norm: float, k: int | None = None) -> onnx.ModelProto:
    """residual [tokens, hidden], latents [chosen] int64 → activation [tokens, chosen], kept [kept] int32.

    Only their own columns of the weights are read; given `k` all are, since latents compete.
    """
    g = Latents("chosen", weights, sink_norm)
    of = lambda name: g.op("Cast", g.op("Gather", g.weight(name), "latents", axis=len(weights[name]["dims"]) - 1), to=TensorProto.FLOAT)
    if k is None:
        encoder = of("W_enc")
        z = g.op("Gemm", "residual", encoder, g.bias(encoder, of("b_enc")))
    else:
        scores = all_scores(g, "residual")
        z = g.op("Gather", scores, "latents", axis=1)
    is_kept = g.is_no_sink()
    above = g.op("Greater", z, of("threshold")) if k is None else is_among_largest(g, z, scores, k)
    fires = g.op("And", above, g.op("Unsqueeze", is_kept, g.const([1], np.int64)))
    g.op("Cast", g.kept(is_kept), to=TensorProto.INT32, out="kept")
    g.op("Where", fires, z, g.const(0, np.float32), out="activation")
    inputs = [g.residual(), info("latents", TensorProto.INT64, ["chosen"])]
    outputs = [info("activation", TensorProto.FLOAT, ["tokens", "chosen"]), info("kept", TensorProto.INT32, ["kept"])]
    return g.model(inputs, outputs)


def is_among_largest(g: Latents, z: str, scores: str, k: int) -> str:
    return g.op("And", g.op("GreaterOrEqual", z, kth(g, scores, k)), g.op("Greater", z, g.const(0, np.float32)))


def decode_graph(weights: dict[str, dict]) -> onnx.ModelProto:
    """residual [tokens, hidden], what `encode` gave for it → reconstruction [tokens, hidden], explained [1].

    explained = 1 − Σ‖x − x′‖² / Σ‖x − m‖² over the kept tokens, m their mean. The reconstruction of a sink is b_dec alone.
    """
    g = Latents("decode", weights, 0)
    rows = g.op("Cast", g.op("Gather", g.weight("W_dec"), "latent"), to=TensorProto.FLOAT)
    parts = g.op("Mul", rows, g.op("Unsqueeze", "value", g.const([1], np.int64)))
    start = g.op("Expand", g.wide("b_dec"), g.op("Shape", "residual"))
    places = g.op("Unsqueeze", "token", g.const([1], np.int64))
    made = g.op("ScatterND", start, g.op("Cast", places, to=TensorProto.INT64), parts, reduction="add", out="reconstruction")
    kept = g.op("Gather", "residual", "kept")
    size = lambda difference: g.op("ReduceSumSquare", difference, keepdims=0)
    mean = g.op("ReduceMean", kept, g.const([0], np.int64))
    share = g.op("Div", size(g.op("Sub", kept, g.op("Gather", made, "kept"))), size(g.op("Sub", kept, mean)))
    g.op("Sub", g.const([1], np.float32), share, out="explained")
    inputs = [
        g.residual(),
        *(info(name, TensorProto.INT32, ["active"]) for name in ("token", "latent")),
        info("value", TensorProto.FLOAT, ["active"]),
        info("kept", TensorProto.INT32, ["kept"]),
    ]
    return g.model(inputs, [info("reconstruction", TensorProto.FLOAT, ["tokens", g.hidden]), info("explained", TensorProto.FLOAT, [1])])
