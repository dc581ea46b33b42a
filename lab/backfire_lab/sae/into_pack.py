"""Puts an autoencoder into the embedded model pack:

    python -m backfire_lab.sae.into_pack NAME

NAME is a folder in CACHE/autoencoders, or any folder in SAELens' form for this model. Writes cfg.json, sae_weights.safetensors (matrices in
float16, the rest in float32), the graphs and pack.json. The model's own files stay as they are.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
import onnxruntime
import torch
from safetensors.torch import save_file

from backfire_lab.build_pack import PACK, describe
from backfire_lab.graph_builder import Shape
from backfire_lab.sae.graphs import chosen_graph, decode_graph, encode_graph, weight_index
from backfire_lab.sae.places import RESULTS, cache, write_json
from backfire_lab.sae.saved import CONFIGURATION, WEIGHTS, Saved

GRAPHS = {"encode": "sae-encode.onnx", "chosen": "sae-chosen.onnx", "decode": "sae-decode.onnx"}


def check(saved: Saved, configuration: dict, hidden: int, layer: int) -> None:
    """SystemExit, with the field and both values, for an autoencoder that does not fit the model."""
    wanted = {
        "architecture": "jumprelu", "d_in": hidden, "normalize_activations": "none", "apply_b_dec_to_input": True,
        "hook_name": f"blocks.{layer - 1}.hook_resid_post",
    }  # fmt: skip
    found = {**configuration, "hook_name": configuration.get("metadata", {}).get("hook_name")}
    for field, value in wanted.items():
        if found.get(field) != value:
            raise SystemExit(f"{CONFIGURATION}: {field} is {found.get(field)!r}, this pack needs {value!r}")
    shapes = {
        "W_enc": (saved.encoder, (hidden, configuration["d_sae"])), "W_dec": (saved.decoder, (configuration["d_sae"], hidden)),
        "b_enc": (saved.encoder_bias, (configuration["d_sae"],)), "b_dec": (saved.decoder_bias, (hidden,)),
        "threshold": (saved.threshold, (configuration["d_sae"],)),
    }  # fmt: skip
    for name, (tensor, shape) in shapes.items():
        if tuple(tensor.shape) != shape:
            raise SystemExit(f"{WEIGHTS}: {name} has shape {tuple(tensor.shape)}, {CONFIGURATION} says {shape}")
        if not torch.isfinite(tensor).all():
            raise SystemExit(f"{WEIGHTS}: {name} holds {int((~torch.isfinite(tensor)).sum())} values that are no numbers")


def write_weights(saved: Saved, path: Path) -> None:
    half = lambda tensor: tensor.half().contiguous()
    tensors = {
        "W_enc": half(saved.encoder), "W_dec": half(saved.decoder), "b_enc": saved.encoder_bias, "b_dec": saved.decoder_bias,
        "threshold": saved.threshold,
    }  # fmt: skip
    partial = path.with_name(path.name + ".partial")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial)
    partial.replace(path)


def put(source: Path, pack: Path) -> None:
    manifest = json.loads((pack / "pack.json").read_text())
    shape = Shape.of_pack(manifest)
    saved, configuration = Saved.load(source), json.loads((source / CONFIGURATION).read_text())
    check(saved, configuration, shape.hidden, manifest["layer"])
    write_weights(saved, pack / WEIGHTS)
    write_json(pack / CONFIGURATION, configuration)
    weights, sink_norm = weight_index(pack / WEIGHTS), configuration["metadata"]["sink_norm"]
    graphs = {"encode": encode_graph(weights, sink_norm), "chosen": chosen_graph(weights, sink_norm), "decode": decode_graph(weights)}
    for name, graph in graphs.items():
        onnx.save(graph, str(pack / GRAPHS[name]))
        onnxruntime.InferenceSession(str(pack / GRAPHS[name]))
    write_json(pack / "pack.json", describe(pack, shape, manifest["weights"], manifest["layer"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="folder of the autoencoder")
    arguments = parser.parse_args()
    folder = cache() / "autoencoders" / arguments.name
    put(folder if folder.exists() else Path(arguments.name), PACK)
    write_json(RESULTS / "shipped.json", {"name": folder.name})


if __name__ == "__main__":
    main()
