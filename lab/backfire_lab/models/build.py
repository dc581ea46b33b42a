"""From a model's folder to a pack."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from backfire_lab.build_pack import ALTERNATIVES, KERNEL, ROOT, describe_autoencoder, describe_files, segments_of, sha256_of, write_graphs
from backfire_lab.graph_builder import Shape
from backfire_lab.models.autoencoder_files import write_autoencoder
from backfire_lab.models.autoencoders import Given, layer_of, read_autoencoder
from backfire_lab.models.checkpoint import Checkpoint
from backfire_lab.models.compare import compare
from backfire_lab.models.configuration import shape_of
from backfire_lab.models.refusal import Refused, need
from backfire_lab.models.stored import WeightFiles
from backfire_lab.models.tokenizer_files import FILES, copy_tokenizer
from backfire_lab.models.weights import write_weights
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.graphs import WEIGHTS
from backfire_lab.sae.places import write_json
from backfire_lab.sae.shards import SINK

EMBEDDED_HIDDEN, EMBEDDED_LAYERS = 576, 30
SINK_TOKENS = 512


@dataclass(frozen=True)
class Wanted:
    """The options of the command."""

    model: Path
    out: Path
    name: str | None = None
    sae: Path | None = None
    hook: str | None = None
    layer: int | None = None
    weights: str = "q8"
    window: int = 2048
    kernel_layer: int | None = None
    saturation: float | None = None
    sink_norm: float | None = None
    licence: str = "not stated"
    origin: str | None = None
    sae_licence: str = "not stated"
    sae_origin: str | None = None
    compare: bool = False
    command: str = ""


@dataclass(frozen=True)
class Plan:
    """All that is decided, and may be refused, before anything large is read."""

    kind: str
    shape: Shape
    layer: int
    kernel: dict
    autoencoder: Given | None


def plan(wanted: Wanted) -> Plan:
    kind, shape = shape_of(wanted.model, wanted.window)
    config = wanted.model / "config.json"
    need(config, "num_hidden_layers", shape.layers, "at least 2", shape.layers >= 2)
    given = read_autoencoder(wanted.sae) if wanted.sae else None
    if given:
        need(given.where, "d_in", given.hidden, shape.hidden)
        layer = layer_of(given, wanted.hook, wanted.layer)
        need(given.where, "layer", layer, f"1 to {shape.layers - 1} of this model's {shape.layers}", 1 <= layer < shape.layers)
    else:
        layer = wanted.layer or shape.layers // 2
        need("--layer", "layer", layer, f"1 to {shape.layers - 1}", 1 <= layer < shape.layers)
    back_to = wanted.kernel_layer or max(1, round(shape.layers * KERNEL["layer"] / EMBEDDED_LAYERS))
    need("--kernel-layer", "kernel layer", back_to, f"1 to {shape.layers - 1}", 1 <= back_to < shape.layers)
    # Products are sums over dimensions: they grow with the width.
    saturation = wanted.saturation or KERNEL["saturation"] * EMBEDDED_HIDDEN / shape.hidden
    need("--saturation", "saturation", saturation, "a positive number", saturation > 0)
    return Plan(kind, shape, layer, {"layer": back_to, "saturation": saturation}, given)


def build(wanted: Wanted) -> str:
    """Writes the pack, whole or not at all; returns what to tell."""
    if wanted.out.exists():
        raise Refused(f"{wanted.out} is there already: remove it, or choose another folder with --out")
    decided = plan(wanted)
    unfinished = wanted.out.with_name(wanted.out.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        told = write_pack(wanted, decided, unfinished)
        unfinished.rename(wanted.out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return f"{wanted.out}: {told}"


def write_pack(wanted: Wanted, decided: Plan, folder: Path) -> str:
    shape = decided.shape
    copy_tokenizer(wanted.model, folder, shape.vocabulary)
    source = Checkpoint(wanted.model)
    weights = write_weights(shape, decided.kind.startswith("gemma"), source, WeightFiles(folder, wanted.weights))
    segments = segments_of(shape, (decided.layer, decided.kernel["layer"]))
    write_graphs(shape, weights, folder, segments, decided.kernel["layer"])
    describe(wanted, decided, folder, segments, weights)
    if decided.autoencoder:
        given = decided.autoencoder
        norm = wanted.sink_norm or given.sink_norm or measured_sink_norm(folder, decided.layer)
        write_autoencoder(given, folder, decided.layer, norm, wanted.name or wanted.model.resolve().name)
        describe(wanted, decided, folder, segments, weights)
    pack = json.loads((folder / "pack.json").read_text())
    told = f"{sum(file['bytes'] for file in pack['files']) / 1e6:.1f} MB in {len(pack['files'])} files, resid {decided.layer}"
    return f"{told}\n{compare(wanted.model, folder, own_text_ids(folder))}" if wanted.compare else told


def own_text_ids(folder: Path) -> list[int]:
    """The beginning of this project's own documentation, as the model would be given it."""
    text = (ROOT / "README.md").read_text()
    return Tokenizer.from_file(str(folder / FILES[0])).encode(text).ids[:SINK_TOKENS]


def measured_sink_norm(folder: Path, layer: int) -> float:
    """As in sae/shards.py: some times the median norm, the first token left out."""
    ids = own_text_ids(folder)
    residual = Blocks(folder, 1, layer, os.cpu_count() or 1).run(np.array(ids), [len(ids)])
    return float(SINK * np.median(np.linalg.norm(residual[1:], axis=1)))


def describe(wanted: Wanted, decided: Plan, folder: Path, segments: list[dict], weights: dict) -> None:
    of_model = {"licence": wanted.licence, "origin": wanted.origin or wanted.model.resolve().name}
    of_sae = {"licence": wanted.sae_licence, "origin": wanted.sae_origin or (wanted.sae.resolve().name if wanted.sae else "")}
    own = {"licence": "Apache-2.0", "origin": "Backfire"}
    sae = describe_autoencoder(folder)
    about = {name: of_model | {"holds": f"weights of the model, matrices as {wanted.weights}"} for name in weights}
    about |= {name: of_model | {"holds": "tokenizer"} for name in FILES}
    about |= {s["graph"]: own | {"holds": f"graph of blocks {s['first']} to {s['last']}"} for s in segments}
    about["head.onnx"] = own | {"holds": "graph of token log-probabilities and of the errors where a backward run starts"}
    about[ALTERNATIVES] = own | {"holds": "graph of the tokens that the model holds likeliest"}
    if sae:
        about["cfg.json"] = of_sae | {"holds": "sparse autoencoder: configuration in SAELens' form"}
        about[WEIGHTS] = of_sae | {"holds": "sparse autoencoder: weights in SAELens' form, matrices in float16"}
        about |= {sae[graph]: own | {"holds": f"graph of the sparse autoencoder: {graph}"} for graph in ("encode", "chosen", "decode")}
    pack = {
        "format": 1,
        "name": wanted.name or wanted.model.resolve().name,
        "version": "1.0.0",
        "model": {"architecture": decided.kind, **decided.shape.described()},
        "layer": decided.layer,
        "kernel": decided.kernel,
        "graphs": {"segments": segments, "head": "head.onnx", "alternatives": ALTERNATIVES},
        **({"sae": sae} if sae else {}),
        "files": describe_files(folder, about),
        "weights": weights,
        "provenance": {"source": wanted.model.resolve().name, "sourceSha256": sha256_of_model(wanted.model), "command": wanted.command},
    }
    write_json(folder / "pack.json", pack)


def sha256_of_model(folder: Path) -> str:
    """Of the hashes of its safetensors files, in order of their names."""
    hashes = [f"{path.name} {sha256_of(path)}" for path in sorted(folder.glob("*.safetensors"))]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
