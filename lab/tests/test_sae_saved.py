"""The saved form of an autoencoder, its graphs, and its units."""

import json
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from safetensors.torch import load_file

from backfire_lab.build_pack import PACK
from backfire_lab.sae.autoencoder import Active, Autoencoder
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.graphs import chosen_graph, decode_graph, encode_graph, weight_index
from backfire_lab.sae.into_pack import check, write_weights
from backfire_lab.sae.reconstruction import choice_difference, fit
from backfire_lab.sae.saved import WEIGHTS, Norm, Saved
from backfire_lab.sae.shards import sinks
from backfire_lab.sae.sparse_rows import Pairs
from few_directions import HIDDEN, made_of_few_directions, small_autoencoder
from tiny_texts import PROSE


@pytest.fixture
def saved():
    return small_autoencoder()


def test_the_folder_means_the_same_by_the_published_formula(saved, tmp_path):
    _, _, ours = saved
    ours.save(tmp_path, {"hook_name": "blocks.15.hook_resid_post"})
    configuration, w = json.loads((tmp_path / "cfg.json").read_text()), load_file(tmp_path / "sae_weights.safetensors")
    assert configuration["architecture"] == "jumprelu" and configuration["apply_b_dec_to_input"] is True
    assert (configuration["d_in"], configuration["d_sae"]) == tuple(w["W_enc"].shape) == (HIDDEN, 96)
    x = made_of_few_directions(200, seed=8)
    hidden_pre = (x - w["b_dec"]) @ w["W_enc"] + w["b_enc"]
    features = torch.relu(hidden_pre) * (hidden_pre > w["threshold"])
    again = Saved.load(tmp_path)
    assert torch.allclose(again.activations(x), features, atol=1e-4)
    assert torch.allclose(again.decode(features), features @ w["W_dec"] + w["b_dec"], atol=1e-4)


def test_the_folder_means_the_same_in_sae_lens(saved, tmp_path):
    sae_lens = pytest.importorskip("sae_lens", reason="sae-lens is not installed; the published formula is tested instead")
    _, _, ours = saved
    ours.save(tmp_path, {"hook_name": "blocks.15.hook_resid_post"})
    theirs = sae_lens.SAE.load_from_disk(tmp_path)
    x = made_of_few_directions(200, seed=8)
    with torch.no_grad():
        features = theirs.encode(x)
        assert torch.allclose(ours.activations(x), features, atol=1e-4)
        assert torch.allclose(ours.decode(features), theirs.decode(features), atol=1e-4)


@pytest.fixture
def folder_in_pack(saved, tmp_path):
    """As in the pack: matrices in float16, with the graphs beside them."""
    _, _, ours = saved
    ours.save(tmp_path, {"hook_name": "blocks.15.hook_resid_post"})
    write_weights(ours, tmp_path / WEIGHTS)
    weights = weight_index(tmp_path / WEIGHTS)
    for name, graph in (
        ("encode", encode_graph(weights, SINK_NORM)), ("chosen", chosen_graph(weights, SINK_NORM)), ("decode", decode_graph(weights)),
    ):  # fmt: skip
        onnx.save(graph, tmp_path / f"{name}.onnx")
    return tmp_path


SINK_NORM = 1000.0


def graph_run(folder, name, **inputs):
    return onnxruntime.InferenceSession(str(folder / f"{name}.onnx")).run(None, inputs)


def test_graphs_over_the_weights_file_give_what_sae_lens_gives_and_nothing_at_sinks(folder_in_pack):
    sae_lens = pytest.importorskip("sae_lens", reason="sae-lens is not installed")
    theirs = sae_lens.SAE.load_from_disk(folder_in_pack)
    x = made_of_few_directions(200, seed=8)
    x[[0, 70]] *= 1000
    token, latent, value, kept = graph_run(folder_in_pack, "encode", residual=x.numpy())
    with torch.no_grad():
        features = theirs.encode(x)
    features[[0, 70]] = 0
    dense = torch.zeros_like(features)
    dense[torch.from_numpy(token).long(), torch.from_numpy(latent).long()] = torch.from_numpy(value)
    assert len(value) > 200 and torch.allclose(dense, features, atol=1e-4)
    assert kept.tolist() == [i for i in range(200) if i not in (0, 70)]

    few = np.array([5, 90, 0])
    activation, kept_again = graph_run(folder_in_pack, "chosen", residual=x.numpy(), latents=few)
    assert torch.allclose(torch.from_numpy(activation), features[:, few], atol=1e-4) and kept_again.tolist() == kept.tolist()

    made, explained = graph_run(folder_in_pack, "decode", residual=x.numpy(), token=token, latent=latent, value=value, kept=kept)
    with torch.no_grad():
        expected = theirs.decode(features)
    assert torch.allclose(torch.from_numpy(made), expected, atol=1e-3)
    rows = torch.from_numpy(kept).long()
    left, all_of = (x - expected)[rows].square().sum(), (x[rows] - x[rows].mean(0)).square().sum()
    assert abs(float(1 - left / all_of) - float(explained[0])) < 1e-4


def test_graphs_take_a_run_without_any_token_that_counts(folder_in_pack):
    for rows in (np.zeros((0, HIDDEN), np.float32), np.full((2, HIDDEN), 1e4, np.float32)):
        assert [len(out) for out in graph_run(folder_in_pack, "encode", residual=rows)] == [0, 0, 0, 0]


def test_an_autoencoder_that_does_not_fit_is_refused_with_both_values(saved):
    _, _, ours = saved
    good = {
        "architecture": "jumprelu", "d_in": HIDDEN, "d_sae": 96, "normalize_activations": "none", "apply_b_dec_to_input": True,
        "metadata": {"hook_name": "blocks.15.hook_resid_post"},
    }  # fmt: skip
    check(ours, good, HIDDEN, 16)
    for field, value, message in (
        ("d_in", 768, f"d_in is 768, this pack needs {HIDDEN}"),
        ("architecture", "gated", "architecture is 'gated'"),
        ("d_sae", 97, rf"W_enc has shape \({HIDDEN}, 96\)"),
        ("metadata", {"hook_name": "blocks.3.hook_resid_post"}, "hook_name is 'blocks.3.hook_resid_post'"),
        ("normalize_activations", "layer_norm", "normalize_activations is 'layer_norm'"),
    ):
        with pytest.raises(SystemExit, match=message):
            check(ours, {**good, field: value}, HIDDEN, 16)
    with pytest.raises(SystemExit, match="threshold holds 1 values that are no numbers"):
        check(replace(ours, threshold=ours.threshold.clone().index_fill_(0, torch.tensor([3]), float("nan"))), good, HIDDEN, 16)


def test_the_embedded_graph_leaves_out_the_tokens_that_training_left_out(tokenizer):
    texts = [np.array(tokenizer.encode(text).ids) for text in (PROSE * 4, "Bad example:\n\neval(x)\n", "a a a a a a a a a a a a")]
    residual = Blocks(PACK, 1, 16, threads=1).run(np.concatenate(texts), [len(ids) for ids in texts])
    first = np.zeros(len(residual), bool)
    first[[0, len(texts[0]), len(texts[0]) + len(texts[1])]] = True
    session = onnxruntime.InferenceSession(str(PACK / "sae-encode.onnx"))
    assert session.run(["kept"], {"residual": residual})[0].tolist() == np.flatnonzero(~sinks(residual, first)).tolist()


def test_saved_and_trained_units_agree(saved):
    model, norm, ours = saved
    x = made_of_few_directions(300, seed=8)
    latents = torch.arange(96).expand(300, 96)
    every = Pairs.of_rows(latents)
    inside = model.values(norm.apply(x), every)
    assert torch.allclose(inside.view(latents.shape) / norm.scale, ours.scores(x).clamp(min=0), atol=1e-2)
    back = norm.undo(model.decode(Active(every, inside)))
    assert torch.allclose(back, ours.decode(ours.scores(x).clamp(min=0)), atol=1e-2)


def test_training_goes_on_from_the_saved_form_in_other_units(saved):
    _, _, ours = saved
    norm = Norm(torch.linspace(-1, 1, HIDDEN), 0.2)
    model = Autoencoder(HIDDEN, 96, torch.Generator())
    model.load_state_dict(ours.state(norm))
    again = Saved.of(model, norm, ours.threshold * norm.scale)
    x = made_of_few_directions(300, seed=8)
    assert torch.allclose(again.activations(x), ours.activations(x), atol=1e-2)
    assert torch.allclose(again.decode(again.activations(x)), ours.decode(ours.activations(x)), atol=1e-2)


def test_each_latent_fires_as_often_by_its_threshold_as_by_rank(saved):
    _, _, ours = saved
    rows = made_of_few_directions(4000, seed=6)
    by_threshold, by_rank = fit(ours, rows), fit(ours, rows, k=5)
    assert abs(float(by_threshold.l0.double().mean()) - float(by_rank.l0.double().mean())) < 0.1
    assert (by_threshold.fired - by_rank.fired).abs().max() < 0.05 * 4000
    assert 0.3 < choice_difference(ours, rows, 5)["overlap"] < 1
