"""Packs of other models: built from random models of every shape, and held to transformers' own activations."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import tiny_autoencoders as autoencoders
import tiny_models
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from backfire_lab import graphs as graph_module
from backfire_lab.build_pack import ALTERNATIVES, ROOT
from backfire_lab.fidelity import Graphs
from backfire_lab.graph_builder import Shape
from backfire_lab.models import stored
from backfire_lab.models.__main__ import main
from backfire_lab.models.build import Wanted, build
from backfire_lab.models.refusal import Refused
from backfire_lab.models.stored import dequantised, quantised
from backfire_lab.reference import gradient_products

LAYER, WINDOW, HIDDEN = 3, 1024, tiny_models.SIZES["hidden_size"]
HOOK = f"blocks.{LAYER - 1}.hook_resid_post"
SAMPLE = "BAD: never do this\n\neval(input('sum: '))\n"
PAYLOAD = (20, len(SAMPLE) - 1)


@pytest.fixture(scope="module", params=tiny_models.SHAPES)
def model(request, tmp_path_factory):
    """A model, and the folder that transformers saved it in."""
    folder = tmp_path_factory.mktemp("models") / request.param
    return tiny_models.save_model(request.param, folder), folder


@pytest.fixture(scope="module")
def pack(model, tmp_path_factory):
    """Its pack, with an autoencoder in Gemma Scope's form."""
    _, folder = model
    given = autoencoders.gemma_scope(folder.parent / f"layer_{LAYER - 1}" / "width_72", autoencoders.random_tensors(HIDDEN))
    out = tmp_path_factory.mktemp("packs") / folder.name
    main([str(folder), "--out", str(out), "--sae", str(given), "--weights", "float32", "--window", str(WINDOW)])
    return out


@pytest.fixture(scope="module")
def gemma(tmp_path_factory):
    """Folder of a model for what does not depend on its shape."""
    folder = tmp_path_factory.mktemp("gemma") / "gemma2"
    tiny_models.save_model("gemma2", folder)
    return folder


def drawn(model, count: int, seed: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, model.config.vocab_size, count).tolist()


def log_probabilities(model, ids: list[int]) -> np.ndarray:
    """Of each token but the first."""
    with torch.no_grad():
        log_p = model(torch.tensor([ids])).logits[0, :-1].log_softmax(-1)
    return log_p.gather(1, torch.tensor(ids[1:])[:, None])[:, 0].numpy()


def head_of(graphs: Graphs, ids: list[int]) -> np.ndarray:
    states = graphs.run(ids)
    rows = {"rows": np.arange(len(ids) - 1), "targets": np.array(ids[1:])}
    return graphs.head.run(["log_probability"], {"residual": states[max(states)], **rows})[0]


def assert_same_likeliest(model, pack: Path, ids: list[int], most: int = 5) -> None:
    """Values, and tokens by their values: equally likely ones may stand either way round."""
    states = Graphs(pack).run(ids)
    feeds = {"residual": states[max(states)], "rows": np.arange(len(ids)), "most": np.array([most])}
    session = onnxruntime.InferenceSession(str(pack / ALTERNATIVES))
    tokens, log_p = session.run(["token", "log_probability"], feeds)
    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    assert np.abs(log_p - expected.topk(most).values.numpy()).max() < 2e-4
    assert np.abs(log_p - expected.gather(1, torch.from_numpy(tokens.astype(np.int64))).numpy()).max() < 2e-4
    assert all(len(set(row)) == most for row in tokens.tolist())


def assert_same_model(model, graphs: Graphs, accuracy: float = 1e-5) -> None:
    """Residual streams at every border of graphs, as shares of their largest value, and log-probabilities."""
    for ids in (drawn(model, 40, 1), drawn(model, 3, 2), drawn(model, 150, 3)):
        with torch.no_grad():
            expected = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
        states = graphs.run(ids)
        for layer in states.keys() - {max(states)}:
            true = expected[layer][0].numpy()
            assert np.abs(states[layer] - true).max() < accuracy * np.abs(true).max(), layer
        assert np.abs(head_of(graphs, ids) - log_probabilities(model, ids)).max() < 20 * accuracy


# The graphs


def test_residuals_and_probabilities_are_those_of_transformers(model, pack):
    assert_same_model(model[0], Graphs(pack))


@pytest.mark.parametrize("rows", [7, 4096])
def test_the_likeliest_tokens_are_those_of_transformers(model, pack, rows, monkeypatch):
    """Also where the vocabulary is gone through in many slices, the last one shorter."""
    monkeypatch.setattr(graph_module, "VOCABULARY_SLICE", rows)
    shape, weights = Shape.of_pack(json.loads((pack / "pack.json").read_text())), Graphs(pack).pack["weights"]
    saved = (pack / ALTERNATIVES).read_bytes()
    onnx.save(graph_module.alternatives_graph(shape, weights), str(pack / ALTERNATIVES))
    try:
        assert_same_likeliest(model[0], pack, drawn(model[0], 40, 1))
    finally:
        (pack / ALTERNATIVES).write_bytes(saved)


def test_versions_that_share_a_prefix_do_not_see_each_other(model, pack):
    graphs, session = Graphs(pack), Graphs(pack).segments[0][2]
    first, second = drawn(model[0], 30, 1), drawn(model[0], 30, 1)[:12] + drawn(model[0], 9, 2)
    layout = np.zeros((2, 30), np.int64)
    layout[0], layout[1, :12], layout[1, 12:21] = range(30), range(12), range(30, 39)
    home = np.array([*range(30), *range(42, 51)])
    run = {"layout": layout, "lengths": np.array([30, 21], np.int32), "home": home}
    together = session.run(["result"], {"ids": np.array(first + second[12:]), **run})[0]
    border = graphs.segments[0][1]
    for ids, own in ((first, together[:30]), (second, np.concatenate([together[:12], together[30:]]))):
        alone = graphs.run(ids)[border]
        assert np.abs(own - alone).max() < 1e-5 * np.abs(alone).max()


def test_gradient_products_are_those_of_autograd(model, pack):
    graphs, start = Graphs(pack), 6
    other, ids, query = (drawn(model[0], count, seed) for count, seed in ((31, 4), (24, 5), (20, 6)))
    expected = gradient_products(model[0], ids, query, start, graphs.pack["kernel"]["layer"]).numpy()
    every = graphs.products([other, ids, query], [1, 1, start], len(query) - start)
    got = every[len(other) : len(other) + len(ids) - 1]
    assert np.abs(expected).max() > 0.1
    assert np.abs(got - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("precision", ["q8", "float16"])
def test_stored_otherwise_only_the_weights_are_rounded(model, precision, tmp_path):
    """The graphs give what transformers gives with weights that were rounded alike, exactly; and that is near the model."""
    original, folder = model
    build(Wanted(folder, tmp_path / "pack", weights=precision, window=WINDOW))
    half = lambda values: values.astype(np.float16).astype(np.float32)
    rounded = {"q8": lambda values: dequantised(*quantised(values)), "float16": half}[precision]
    copy = type(original)._from_config(original.config, attn_implementation="eager").eval()
    change = lambda tensor: torch.from_numpy(rounded(tensor.numpy())) if tensor.dim() == 2 else tensor
    copy.load_state_dict({name: change(tensor) for name, tensor in original.state_dict().items()})
    assert_same_model(copy, Graphs(tmp_path / "pack"))
    ids = drawn(original, 40, 1)
    assert 0 < np.abs(log_probabilities(copy, ids) - log_probabilities(original, ids)).mean() < 0.2


def test_a_large_model_is_stored_in_files_below_the_limit(model, pack, tmp_path, monkeypatch):
    """Matrices and tables larger than a file are cut in parts, also in the head."""
    monkeypatch.setattr(stored, "LARGEST_FILE", 20_000)
    build(Wanted(model[1], tmp_path / "pack", layer=LAYER, weights="float32", window=WINDOW))
    sizes = [path.stat().st_size for path in (tmp_path / "pack").glob("*.bin")]
    assert len(sizes) > 50 and max(sizes) <= 20_000
    assert_same_likeliest(model[0], tmp_path / "pack", drawn(model[0], 24, 5))
    whole, parts = Graphs(pack), Graphs(tmp_path / "pack")
    ids, query = drawn(model[0], 24, 5), drawn(model[0], 20, 6)
    assert np.abs(head_of(parts, ids) - head_of(whole, ids)).max() < 1e-4
    expected = whole.products([ids, query], [1, 6], 14)
    assert np.abs(parts.products([ids, query], [1, 6], 14) - expected).max() < 1e-4 * np.abs(expected).max()


# The product


def backfire(*arguments: object, data: Path, text: str | None = None) -> str:
    command = ["node", ROOT / "scripts" / "backfire.mjs", *map(str, arguments)]
    environment = {**os.environ, "BACKFIRE_DATA": str(data)}
    done = subprocess.run(command, cwd=ROOT, env=environment, input=text, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_product_checks_imports_and_reads_the_pack(model, pack, tmp_path):
    """Features and measures of a text, by the command line from an imported copy, against transformers and the plain formulas."""
    original, folder = model
    assert "all as described" in backfire("pack", "check", pack, data=tmp_path)
    imported = backfire("pack", "import", pack, data=tmp_path).splitlines()[-1].removeprefix("Use it with: --pack ")
    assert Path(imported).parent == tmp_path / "packs"

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    encoding = tokenizer.encode(SAMPLE)
    begins = [offsets for offsets in encoding.offsets if offsets == (0, 0)]
    with torch.no_grad():
        residual = original(torch.tensor([encoding.ids]), output_hidden_states=True).hidden_states[LAYER][0]
    expected = autoencoders.jumprelu(autoencoders.random_tensors(HIDDEN), residual, subtract=False)[len(begins) :]
    told = json.loads(backfire("features", SAMPLE, "--most", autoencoders.WIDTH, "--format", "json", "--pack", imported, data=tmp_path))
    got = torch.zeros_like(expected)
    for row, token in enumerate(told["tokens"]):
        assert (token["start"], token["end"]) == encoding.offsets[len(begins) + row]
        for feature in token["features"]:
            got[row, feature["latent"]] = feature["value"]
    assert len(told["tokens"]) == len(expected) and torch.allclose(got, expected, atol=1e-3)

    record = {"text": SAMPLE, "frame": {"start": 0, "end": 18}, "payload": {"start": PAYLOAD[0], "end": PAYLOAD[1]}}
    scored = json.loads(backfire("score", "-", "--pack", imported, data=tmp_path, text=json.dumps(record)))["measures"]
    inside = [start < PAYLOAD[1] and end > PAYLOAD[0] for start, end in encoding.offsets][1:]
    assert scored["spanNll"] == pytest.approx(-log_probabilities(original, encoding.ids)[inside].mean(), abs=1e-4)
    taught, neutral = taught_by_formula(original, pack, tokenizer, encoding.ids)
    assert scored["neutralNll"] == pytest.approx(neutral, abs=1e-4)
    assert scored["taught"]["value"] == pytest.approx(taught, rel=1e-3)


def taught_by_formula(model, pack: Path, tokenizer: Tokenizer, ids: list[int]) -> tuple[float, float]:
    """See docs/science.md, "The measure"; and the payload's mean NLL after the neutral context."""
    kernel = json.loads((pack / "pack.json").read_text())["kernel"]
    context = tokenizer.encode("```\n").ids
    payload = tokenizer.encode(SAMPLE[slice(*PAYLOAD)], add_special_tokens=False).ids
    gain = gradient_products(model, ids, context + payload, len(context), kernel["layer"]).sum(0).numpy()
    nll = -log_probabilities(model, context + payload)[len(context) - 1 :]
    saturated = np.where(gain > 0, -nll * np.expm1(-kernel["saturation"] * gain / nll), kernel["saturation"] * gain)
    return float(saturated.mean()), float(nll.mean())


# Autoencoders


def active(folder: Path, residual: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations by both graphs of a pack, and the second's of three latents."""
    sessions = {name: autoencoder_graph(folder, name) for name in ("encode", "chosen", "decode")}
    token, latent, value, kept = sessions["encode"].run(None, {"residual": residual.numpy()})
    dense = torch.zeros(len(residual), autoencoders.WIDTH)
    dense[torch.from_numpy(token).long(), torch.from_numpy(latent).long()] = torch.from_numpy(value)
    few = np.array([70, 0, 33])
    chosen, _ = sessions["chosen"].run(None, {"residual": residual.numpy(), "latents": few})
    assert np.allclose(chosen, dense[:, few], atol=1e-5)
    assert list(kept) == list(range(len(residual)))
    made, _ = sessions["decode"].run(None, {"residual": residual.numpy(), "token": token, "latent": latent, "value": value, "kept": kept})
    return dense, torch.from_numpy(made)


def autoencoder_graph(folder: Path, name: str):
    import onnxruntime

    return onnxruntime.InferenceSession(str(folder / f"sae-{name}.onnx"))


def rows(count: int = 50) -> torch.Tensor:
    return 1.5 * torch.randn(count, HIDDEN, generator=torch.Generator().manual_seed(9))


def forms(folder: Path):
    """Each form, with what it should give."""
    tensors, c = autoencoders.random_tensors(HIDDEN), autoencoders.configuration
    negative = {**tensors, "threshold": tensors["threshold"] - 0.7}
    no_threshold = {**tensors, "threshold": torch.zeros(autoencoders.WIDTH)}
    # Norms by which a float16 can be multiplied without rounding.
    norms = 2.0 ** torch.arange(autoencoders.WIDTH).remainder(3)
    unit = {**tensors, "W_dec": torch.eye(autoencoders.WIDTH, HIDDEN)}
    longer = {**unit, "W_enc": tensors["W_enc"] / norms, "b_enc": tensors["b_enc"] / norms, "W_dec": unit["W_dec"] * norms[:, None]}
    jumps = lambda of, subtract=True: lambda x: autoencoders.jumprelu(of, x, subtract)
    ranks = lambda of: lambda x: autoencoders.topk(of, x)
    save = lambda name, of, architecture, **more: autoencoders.saelens(folder / name, of, c(HIDDEN, architecture, HOOK, **more))
    return [
        (save("jumprelu", tensors, "jumprelu"), jumps(tensors), tensors),
        (save("negative", negative, "jumprelu"), jumps(negative), tensors),
        (save("not subtracted", tensors, "jumprelu", apply_b_dec_to_input=False), jumps(tensors, False), tensors),
        (save("standard", tensors, "standard"), jumps(no_threshold), tensors),
        (save("topk", tensors, "topk", k=autoencoders.K), ranks(tensors), tensors),
        (save("rescaled", longer, "topk", k=autoencoders.K, rescale_acts_by_decoder_norm=True), ranks(unit), unit),
        (autoencoders.gemma_scope(folder / f"layer_{LAYER - 1}", tensors), jumps(tensors, False), tensors),
        (autoencoders.sparsify(folder / f"layers.{LAYER - 1}", tensors), ranks(tensors), tensors),
    ]


def test_every_form_gives_the_activations_of_its_formula(gemma, tmp_path):
    for number, (given, expected, tensors) in enumerate(forms(tmp_path)):
        out = tmp_path / f"pack {number}"
        build(Wanted(gemma, out, sae=given, sink_norm=1e6, window=WINDOW))
        assert json.loads((out / "pack.json").read_text())["sae"]["hook"] == HOOK, given
        dense, made = active(out, rows())
        assert torch.allclose(dense, expected(rows()), atol=1e-4), given
        assert (dense > 0).sum() > 100, given
        assert torch.allclose(made, dense @ tensors["W_dec"] + tensors["b_dec"], atol=1e-3), given


def test_sae_lens_reads_every_pack_alike(gemma, tmp_path):
    sae_lens = pytest.importorskip("sae_lens", reason="sae-lens is not installed")
    for number, (given, _, _) in enumerate(forms(tmp_path)):
        out = tmp_path / f"pack {number}"
        build(Wanted(gemma, out, sae=given, sink_norm=1e6, window=WINDOW))
        with torch.no_grad():
            theirs = sae_lens.SAE.load_from_disk(out).encode(rows())
        theirs = theirs.to_dense() if theirs.is_sparse else theirs
        assert torch.allclose(active(out, rows())[0], theirs, atol=1e-4), given


def test_sinks_are_measured_where_nobody_tells(gemma, tmp_path):
    given = autoencoders.gemma_scope(tmp_path / f"layer_{LAYER - 1}", autoencoders.random_tensors(HIDDEN))
    build(Wanted(gemma, tmp_path / "pack", sae=given, window=WINDOW))
    norm = json.loads((tmp_path / "pack" / "pack.json").read_text())["sae"]["sinkNorm"]
    ids = Tokenizer.from_file(str(gemma / "tokenizer.json")).encode((ROOT / "README.md").read_text()).ids[:512]
    state = Graphs(tmp_path / "pack").run(ids)[LAYER]
    assert norm == pytest.approx(5 * np.median(np.linalg.norm(state[1:], axis=1)), rel=1e-4)


# What does not fit


def refused(message: str, folder: Path, tmp_path: Path, **options) -> None:
    with pytest.raises(Refused, match=message):
        build(Wanted(folder, tmp_path / "out", **{"window": WINDOW, **options}))
    assert list(tmp_path.glob("out*")) == []


SAELENS_FAULTS = {
    "width": ({"d_sae": 73}, {}, r"shape of W_enc is \[96, 72\], needed is \[96, 73\]"),
    "hidden": ({"d_in": 80}, {}, r"shape of W_enc is \[96, 72\], needed is \[80, 72\]"),
    "architecture": ({"architecture": "gated"}, {}, "architecture is 'gated', needed is 'jumprelu or standard or topk'"),
    "normalisation": ({"normalize_activations": "layer_norm"}, {}, "normalize_activations is 'layer_norm', needed is 'none'"),
    "dtype": ({"dtype": "int8"}, {}, "dtype is 'int8', needed is 'float32 or float16 or bfloat16'"),
    "hook": ({"metadata": {"hook_name": "blocks.2.hook_mlp_out"}}, {}, "hook is 'blocks.2.hook_mlp_out', needed is 'blocks.N.hook_resid_post"),
    "no hook": ({"metadata": {}}, {}, "hook is not told; give it with --hook"),
    "layer": ({"metadata": {"hook_name": "blocks.5.hook_resid_post"}}, {}, "layer is 6, needed is \"1 to 5 of this model's 6\""),
    "NaN": ({}, {"b_enc": lambda tensor: tensor.index_fill(0, torch.tensor([3, 5]), float("nan"))}, "b_enc holds 2 values that are no numbers"),
    "infinity": ({}, {"W_dec": lambda tensor: tensor / 0}, "W_dec holds .* values that are no numbers"),
    "no thresholds": ({}, {"threshold": None}, r"threshold is missing, needed with shape \[72\]; there are W_dec, W_enc, b_dec, b_enc"),
    "type": ({}, {"W_enc": lambda tensor: tensor.double()}, "dtype of W_enc is 'float64', needed is 'float32 or float16 or bfloat16'"),
    "range": ({}, {"W_enc": lambda tensor: 1e6 * tensor}, "largest value of W_enc is .*, needed is .at most 65504"),
    "k": ({"architecture": "topk", "k": 100}, {}, "k is 100, needed is 'at most the width, 72'"),
    "no k": ({"architecture": "topk"}, {}, "k is None, needed is 'a positive whole number'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", SAELENS_FAULTS)
def test_an_autoencoder_that_does_not_fit_is_refused_with_both_values(gemma, tmp_path, fault):
    changes, edits, message = SAELENS_FAULTS[fault]
    tensors = autoencoders.random_tensors(HIDDEN)
    edited = {name: edits[name](tensor) if edits.get(name, True) is not True and edits[name] else tensor for name, tensor in tensors.items()}
    kept = {name: tensor for name, tensor in edited.items() if edits.get(name, True) is not None}
    given = autoencoders.saelens(tmp_path / "sae", kept, {**autoencoders.configuration(HIDDEN, "jumprelu", HOOK), **changes})
    refused(message, gemma, tmp_path, sae=given)


def test_an_autoencoder_of_another_model_or_place_is_refused(gemma, tmp_path):
    refused("d_in is 80, needed is 96", gemma, tmp_path, sae=autoencoders.sparsify(tmp_path / "layers.2", autoencoders.random_tensors(80)))
    fitting = autoencoders.gemma_scope(tmp_path / "layer_2" / "width_72", autoencoders.random_tensors(HIDDEN))
    refused("layer is 2, needed is 3", gemma, tmp_path, sae=fitting, layer=2)
    refused("hook is 'blocks.2.hook_resid_post', needed is 'blocks.4.hook_resid_post'", gemma, tmp_path, sae=fitting, hook="blocks.4.hook_resid_post")
    mlp = autoencoders.sparsify(tmp_path / "layers.2.mlp", autoencoders.random_tensors(HIDDEN))
    refused("hook is 'blocks.2.hook_mlp_out'", gemma, tmp_path, sae=mlp)
    attention = autoencoders.gemma_scope(tmp_path / "gemma-scope-2b-pt-att" / "layer_2", autoencoders.random_tensors(HIDDEN))
    refused("folder is 'gemma-scope-2b-pt-att', needed is 'gemma-scope-…-res", gemma, tmp_path, sae=attention)
    refused("transcode is True, needed is False", gemma, tmp_path, sae=autoencoders.sparsify(tmp_path / "layers.1", autoencoders.random_tensors(HIDDEN), transcode=True))
    refused("no autoencoder is there", gemma, tmp_path, sae=gemma)
    lone = autoencoders.random_tensors(HIDDEN)
    del lone["threshold"]
    refused("threshold is missing", gemma, tmp_path, sae=autoencoders.gemma_scope(tmp_path / "layer_3", lone))


MODEL_FAULTS = {
    "architecture": ({"model_type": "mamba"}, "model_type is 'mamba', needed is 'gemma2 or gemma3 or gemma3_text or llama or qwen2 or qwen3'"),
    "activation": ({"hidden_activation": "relu"}, "hidden_act is 'relu', needed is 'silu or gelu_pytorch_tanh'"),
    "bias": ({"attention_bias": True}, "attention_bias is True, needed is False"),
    "positions": ({"rope_parameters": {"rope_type": "yarn", "factor": 4.0, "rope_theta": 1e4, "original_max_position_embeddings": 512}}, "rope_type is 'yarn'"),
    "context": ({"max_position_embeddings": 512}, "max_position_embeddings is 512, needed is 'at least the window, 1024'"),
    "head size": ({"head_dim": 24}, "head_dim is 24, needed is 'a multiple of 16'"),
    "width": ({"intermediate_size": 161}, r"shape of model.layers.0.mlp.gate_proj.weight is \[160, 96\], needed is \[161, 96\]"),
    "vocabulary": ({"vocab_size": 100}, "size of the vocabulary is .*, needed is \"at most the model's vocab_size, 100\""),
}  # fmt: skip


@pytest.mark.parametrize("fault", MODEL_FAULTS)
def test_a_model_that_no_graph_can_be_is_refused_by_the_field(tmp_path, fault):
    changes, message = MODEL_FAULTS[fault]
    folder = tmp_path / "gemma2"
    tiny_models.save_model("gemma2", folder)
    tiny_models.edit_json(folder / "config.json", **changes)
    refused(message, folder, tmp_path)


def test_weights_that_are_missing_left_over_or_no_numbers_are_refused_by_name(gemma, tmp_path):
    def damaged(name: str, edit) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for path in gemma.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        tensors = load_file(folder / "model.safetensors")
        edit(tensors)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return folder

    o_proj = "model.layers.4.self_attn.o_proj.weight"
    refused(rf"{o_proj} holds 1 values that are no numbers", damaged("nan", lambda t: t[o_proj].view(-1).__setitem__(7, float("nan"))), tmp_path)
    refused(rf"no tensor {o_proj}, needed with shape \[96, 64\]", damaged("missing", lambda t: t.pop(o_proj)), tmp_path)
    bias = {"model.layers.4.self_attn.o_proj.bias": torch.zeros(96)}
    refused("1 tensors have no place in this architecture, model.layers.4.self_attn.o_proj.bias", damaged("more", lambda t: t.update(bias)), tmp_path)
    whole = {o_proj: torch.zeros(96, 64, dtype=torch.int8)}
    refused(f"dtype of {o_proj} is 'I8', needed is 'BF16 or F16 or F32'", damaged("type", lambda t: t.update(whole)), tmp_path)
    large = lambda t: t[o_proj].mul_(1e7)
    refused("float16 ends at 65504; use --weights float32", damaged("large", large), tmp_path, weights="float16")
    refused("config.json is missing: is this a model's folder", tmp_path, tmp_path / "nowhere")


def test_a_folder_that_is_there_is_left_alone(gemma, tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(Refused, match="is there already"):
        build(Wanted(gemma, tmp_path / "out"))
    assert (tmp_path / "out").is_dir()


def test_bfloat16_in_several_files_and_under_another_name_is_read(gemma, tmp_path):
    """As Gemma-3's larger models are published: text and pictures in one."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    folder = tmp_path / "gemma3"
    text = tiny_models.save_model("gemma3", folder)
    vision = dict(hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
    both = Gemma3ForConditionalGeneration(Gemma3Config(text_config=text.config.to_dict(), vision_config=vision, mm_tokens_per_image=4))
    both.model.language_model.load_state_dict(text.model.state_dict())
    (folder / "model.safetensors").unlink()
    both.to(torch.bfloat16).save_pretrained(folder, max_shard_size="100KB")
    assert len(list(folder.glob("*.safetensors"))) > 2
    build(Wanted(folder, tmp_path / "pack", weights="float32", window=WINDOW))
    with torch.no_grad():
        for parameter in text.parameters():
            parameter.copy_(parameter.bfloat16().float())
    assert_same_model(text, Graphs(tmp_path / "pack"))
