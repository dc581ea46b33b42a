"""The autoencoder: text, activations, training and its resumption, the saved form, and the figures."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import onnx
import onnxruntime
import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from backfire_lab.build_pack import PACK
from backfire_lab.reference import forward, load_reference
from backfire_lab.sae.agreement import agreement
from backfire_lab.sae.autoencoder import Active, Autoencoder, candidates, choose, reconstruction_loss
from backfire_lab.sae.blocks import Blocks, layout
from backfire_lab.sae.conversations import section_turns
from backfire_lab.sae.documents import Document, documents, kind_of
from backfire_lab.sae.fast_blocks import FastBlocks
from backfire_lab.sae.gather import gather
from backfire_lab.sae.graphs import chosen_graph, decode_graph, encode_graph, weight_index
from backfire_lab.sae.into_pack import check, write_weights
from backfire_lab.sae.packages import Package, licences, listed, members
from backfire_lab.sae.places import PACKAGE_LIST, keep_configuration
from backfire_lab.sae.random_model import random_blocks
from backfire_lab.sae.reconstruction import choice_difference, figures, fit
from backfire_lab.sae.repeats import Repeats
from backfire_lab.sae.saved import WEIGHTS, Norm, Saved
from backfire_lab.sae.sequences import LENGTH, Sequences, arrange
from backfire_lab.sae.shards import Shard, borders, halved, name_of, shards_in, sinks
from backfire_lab.sae.sparse_rows import Dots, Pairs, Sums, scatter_rows
from backfire_lab.sae.splice import Batch, UpperHalf, ablate, recovered, splice
from backfire_lab.sae.thresholds import thresholds
from backfire_lab.sae.train import Settings, Training, run

PROSE = "The harbour of the town is open in summer, and a boat goes to the island.\n"


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(PACK / "tokenizer.json"))


# Text


def test_the_list_of_packages_has_languages_and_a_held_out_part_of_each_large_group():
    packages = listed(PACKAGE_LIST)
    assert len({str(package) for package in packages}) == len(packages)
    for group in {package.group for package in packages}:
        of = [package for package in packages if package.group == group]
        if len(of) >= 50:
            assert 0.03 < sum(package.held_out for package in of) / len(of) < 0.2, group


def test_packages_that_evaluation_texts_come_from_are_not_in_the_list():
    names = " ".join(package.name for package in listed(PACKAGE_LIST))
    for banned in ("bandit", "eslint", "rubocop", "pylint", "semgrep", "ansible", "error-prone", "codeql", "redis", "sinatra"):
        assert banned not in names.lower()


def test_a_package_is_read_without_unpacking(tmp_path):
    package = Package("javascript", "npm", "@own/harbour", "1.2.0")
    with tarfile.open(tmp_path / "own-harbour-1.2.0.tgz", "w:gz") as archive:
        for name, content in (("package/package.json", b'{"license": "MIT"}'), ("package/src/a.js", b"let a = 1;\n" * 60)):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    files = list(members(package, tmp_path))
    assert [str(path) for path, _ in files] == ["package/package.json", "package/src/a.js"]
    assert licences(package, files) == ["MIT"]
    assert [d.language for d in documents("harbour", files, {"code": 1000, "documentation": 0})] == ["javascript"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/main.rs", ("code", "rust")),
        ("docs/guide.rst", ("documentation", "rst")),
        ("usr/share/doc/x/index.html", ("documentation", "html")),
        ("usr/share/man/man1/x.1", ("documentation", "man")),
        ("vendor/lib/a.go", None),
        ("lib/a.min.js", None),
        ("LICENSE.txt", None),
        ("logo.png", None),
    ],
)
def test_kinds_by_name(path, kind):
    assert kind_of(PurePosixPath(path)) == kind


def test_what_nobody_wrote_for_readers_is_left_out():
    files = [
        (PurePosixPath("a.md"), (PROSE * 8).encode()),
        (PurePosixPath("table.txt"), b"0.1 0.2 0.3\n" * 100),
        (PurePosixPath("minified.js"), b"var a=1;" * 500),
        (PurePosixPath("latin.md"), (PROSE * 8).encode() + b"\xe9"),
        (PurePosixPath("chat.md"), (PROSE * 8 + "<|im_start|>").encode()),
    ]
    assert [d.path for d in documents("p", files, {"code": 9999, "documentation": 9999})] == ["a.md"]


def test_a_package_gives_no_more_than_its_budget():
    files = [(PurePosixPath(f"{i}.md"), (PROSE * 10 + str(i)).encode()) for i in range(20)]
    found = documents("p", files, {"code": 0, "documentation": 2000})
    assert len(found) == 3  # the third one reaches it
    assert found == documents("p", files[::-1], {"code": 0, "documentation": 2000})


def test_repeated_lines_are_kept_once_and_the_rest_survives():
    lines = [f"line number {i} says something of its own, at some length\n" for i in range(30)]
    repeats = Repeats()
    assert repeats.pieces("".join(lines)) == ["".join(lines)]
    assert repeats.pieces("".join(lines)) == []
    new = [f"another sentence, the {i}th, that was not there before\n" for i in range(12)]
    copied = "".join(new[:6] + ["   " + line for line in lines[3:9]] + new[6:])
    assert repeats.pieces(copied) == ["".join(new[:6]), "".join(new[6:])]
    assert repeats.pieces("".join(lines[:3] + [f"fresh line {i} with quite a few words in it\n" for i in range(8)]))  # 3 lines are no window


def test_sections_become_answers():
    text = "# Mooring\n\n" + PROSE * 4 + "\nLeaving\n-------\n\n" + PROSE * 5
    turns = section_turns("harbour", Document("documentation", "markdown", "a.md", text))
    assert [answer for _, answer in turns] == [(PROSE * 4).strip(), (PROSE * 5).strip()]
    assert "Mooring" in turns[0][0] and "Leaving" in turns[1][0]


# Sequences and shards


def test_sequences_are_cut_shuffled_and_come_back(tokenizer, tmp_path):
    texts = [("code", 0, "x = 1\n" * 300), ("documentation", 1, PROSE * 30), ("code", 2, "short")]
    made = arrange(texts, tokenizer, seed=3)
    lengths = np.diff(made.ends, prepend=0)
    assert lengths.max() == LENGTH and lengths.min() >= 32 and set(made.packages) == {0, 1}
    whole = tokenizer.encode(texts[1][2]).ids
    parts = [made.of(i).tolist() for i in range(len(made)) if made.packages[i] == 1]
    assert sorted(map(tuple, parts)) == sorted(tuple(whole[i : i + LENGTH]) for i in range(0, len(whole), LENGTH) if len(whole) - i >= 32)
    made.save(tmp_path / "s.npz")
    assert (Sequences.load(tmp_path / "s.npz").ids == made.ids).all()


def test_borders_cover_all_sequences_once():
    ends = np.cumsum(np.full(1000, 200))
    cuts = borders(ends)
    assert [first for first, _ in cuts[1:]] == [last for _, last in cuts[:-1]] and (cuts[0][0], cuts[-1][1]) == (0, 1000)
    assert len(cuts) == 4


def test_float16_refuses_what_it_cannot_hold():
    assert halved(np.array([[60000.0]])).dtype == np.float16
    for bad in (70000.0, np.nan):
        with pytest.raises(SystemExit, match="float16"):
            halved(np.array([[bad]]))


def test_gathered_residuals_are_those_of_the_reference_and_a_run_goes_on(tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr("backfire_lab.sae.shards.TOKENS", 100)
    sequences = arrange([("code", 0, "def f(x):\n    return x + 1\n\n" * 8), ("documentation", 1, PROSE * 9)], tokenizer, seed=0)
    blocks = Blocks(PACK, 1, 4, threads=1)
    gather(sequences, tmp_path, blocks.run)
    paths = shards_in(tmp_path)
    shards = [Shard.load(path) for path in paths]
    assert sum(len(s.positions) for s in shards) == len(sequences.ids) and len(paths) == 2
    reference = load_reference(PACK)
    expected = torch.cat([forward(reference, sequences.of(i).tolist()).residuals[4][1:] for i in range(len(sequences))])
    got = torch.from_numpy(np.concatenate([s.residual[s.positions > 0] for s in shards]).astype(np.float32))
    assert (got - expected).norm() / expected.norm() < 1e-3

    before = paths[0].read_bytes()
    paths[0].unlink()
    assert shards_in(tmp_path) == []  # a gap: what comes behind it is not counted as a first part
    stamp = paths[1].stat().st_mtime_ns
    gather(sequences, tmp_path, blocks.run)
    assert paths[0].read_bytes() == before and paths[1].stat().st_mtime_ns == stamp


def test_rounded_products_change_next_to_nothing_and_take_sequences_apart(tokenizer):
    ids = np.array(tokenizer.encode(PROSE * 3).ids)
    half = len(ids) // 2
    lengths = [half, len(ids) - half]
    exact, rounded = Blocks(PACK, 1, 4, threads=1).run(ids, lengths), FastBlocks.of_pack(PACK, 4, threads=1).run(ids, lengths)
    left = ~sinks(exact, np.isin(np.arange(len(ids)), [0, half]))
    assert left.sum() > 20
    unexplained = np.square(exact - rounded)[left].sum() / np.square(exact - exact[left].mean(0))[left].sum()
    assert unexplained < 1e-3


def test_the_random_model_is_the_same_for_a_seed_and_takes_sequences_apart():
    ids, lengths = np.arange(100, 114), [5, 9]
    run_random = random_blocks(PACK, 1, 0, threads=1)
    together = run_random(ids, lengths)
    assert np.allclose(together[5:], run_random(ids[5:], [9]), atol=1e-5)
    assert np.allclose(together, random_blocks(PACK, 1, 0, threads=1)(ids, lengths))
    assert not np.allclose(together, random_blocks(PACK, 1, 1, threads=1)(ids, lengths))


def test_another_configuration_is_refused(tmp_path):
    keep_configuration(tmp_path / "config.json", {"layer": 16, "k": (1, 2)})
    keep_configuration(tmp_path / "config.json", {"layer": 16, "k": (1, 2)})
    with pytest.raises(SystemExit, match="layer is 16 there and 12 now"):
        keep_configuration(tmp_path / "config.json", {"layer": 12, "k": (1, 2)})


def test_layout_of_sequences_of_different_lengths():
    where = layout([2, 3])
    assert where["layout"][0, :2].tolist() == [0, 1] and where["layout"][1].tolist() == [2, 3, 4]
    assert where["home"].tolist() == [0, 1, 3, 4, 5]


# Training


def test_sparse_products_have_the_gradients_of_dense_ones():
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(20, 6, generator=generator, dtype=torch.float64)
    x = torch.randn(5, 6, generator=generator, dtype=torch.float64)
    dense = torch.rand(5, 20, generator=generator, dtype=torch.float64)
    dense[dense < 0.7] = 0
    dense[2] = 0  # a token without any latent
    pairs, weights = Pairs(5, *dense.nonzero(as_tuple=True)), dense[dense > 0]
    for of_dense, of_sparse in (
        (lambda m: (x @ m.T)[dense > 0], lambda m: Dots.apply(m, pairs, x)),
        (lambda m: dense @ m, lambda m: Sums.apply(m, pairs, weights)),
    ):
        a, b = matrix.clone().requires_grad_(), matrix.clone().requires_grad_()
        upstream = torch.randn(of_dense(a).shape, generator=generator, dtype=torch.float64)
        (of_dense(a) * upstream).sum().backward()
        (of_sparse(b) * upstream).sum().backward()
        assert torch.allclose(of_dense(a), of_sparse(b)) and torch.allclose(a.grad, b.grad)
    values = weights.clone().requires_grad_()
    (Sums.apply(matrix, pairs, values) * x).sum().backward()
    assert torch.allclose(values.grad, (x @ matrix.T)[dense > 0])
    assert torch.allclose(scatter_rows(pairs, weights, x, 20), dense.T @ x)


HIDDEN, TRUE, ACTIVE = 32, 48, 3


def made_of_few_directions(tokens: int, seed: int) -> torch.Tensor:
    """Streams with a mean, in which each token is a sum of 3 of 48 directions."""
    directions = torch.nn.functional.normalize(torch.randn(TRUE, HIDDEN, generator=torch.Generator().manual_seed(1)), dim=1)
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.stack([torch.randperm(TRUE, generator=generator)[:ACTIVE] for _ in range(tokens)])
    strength = 1 + torch.rand(tokens, ACTIVE, generator=generator)
    return 20 * (strength[..., None] * directions[chosen]).sum(1) + 7


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr("backfire_lab.sae.stream.GROUP", 2)
    folder = tmp_path / "residuals"
    folder.mkdir()
    for number in range(3):
        rows = made_of_few_directions(2000, seed=number)
        rows[::50] *= 1000  # first tokens, and some others like them: whoever learns from them fails
        rows[77::400] *= 1000
        positions = (np.arange(2000) % 50).astype(np.uint16)
        Shard(halved(rows.numpy()), positions, np.zeros(2000, np.uint8)).save(folder / name_of(number))
    return folder


SMALL = Settings(
    layer=16, width=96, k=ACTIVE, variant="topk", seed=0, tokens=60_000, random=None, batch=128, rate=5e-3, auxiliary_k=16, dead_after=4000
)  # fmt: skip


@pytest.mark.parametrize("variant", ["topk", "batchtopk", "matryoshka"])
def test_training_finds_what_the_stream_is_made_of(source, tmp_path, variant):
    run(replace(SMALL, variant=variant, k=ACTIVE + 1), source, tmp_path / "a")
    saved, unseen = Saved.load(tmp_path / "a"), made_of_few_directions(2000, seed=9)
    of = fit(saved, unseen)
    assert of.explained() > 0.8
    assert abs(float(of.l0.double().mean()) - ACTIVE - 1) < 1
    assert torch.allclose(saved.decoder.norm(dim=1), torch.ones(96), atol=1e-5)


def test_a_run_that_begins_with_trained_weights_explains_more_than_one_that_does_not(source, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    autoencoders, short = tmp_path / "backfire-lab" / "sae" / "autoencoders", replace(SMALL, tokens=3000)
    run(SMALL, source, autoencoders / SMALL.name())
    explained = lambda folder: fit(Saved.load(folder), made_of_few_directions(2000, seed=9)).explained()
    after = replace(short, begin=SMALL.name())
    run(after, source, autoencoders / after.name())
    run(short, source, autoencoders / short.name())
    assert explained(autoencoders / after.name()) > 0.8 > explained(autoencoders / short.name())
    with pytest.raises(SystemExit, match="width is 96, and 48 is asked for"):
        run(replace(short, begin=SMALL.name(), width=48), source, autoencoders / "c")
    with pytest.raises(SystemExit, match="no trained autoencoder"):
        run(replace(short, begin="nowhere"), source, autoencoders / "b")


def test_a_killed_training_ends_as_one_that_ran_through(source, tmp_path):
    settings = replace(SMALL, tokens=14_000)
    run(settings, source, tmp_path / "through")

    class Killed(Exception):
        pass

    def dies(*_):
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        real, steps = Training.step, iter(range(60))
        patch.setattr(Training, "step", lambda self, x: real(self, x) if next(steps, None) is not None else dies())
        run(settings, source, tmp_path / "killed")
    run(settings, source, tmp_path / "killed")
    through, killed = (load_file(tmp_path / name / "sae_weights.safetensors") for name in ("through", "killed"))
    for name, tensor in through.items():
        assert torch.allclose(tensor, killed[name], atol=1e-4), name


def test_dead_latents_come_back():
    def dead_in_the_end(weight):
        training = Training(replace(SMALL, auxiliary_weight=weight), HIDDEN)
        with torch.no_grad():
            training.model.encoder_bias[:90] = -3.0  # they hardly ever win, and then never learn
        rows = Norm(torch.full((HIDDEN,), 7.0), 0.1).apply(made_of_few_directions(15_000, seed=5))
        return [training.step(x)["dead"] for x in rows.split(128)][-1]

    assert dead_in_the_end(0.5) < 0.7 * dead_in_the_end(0.0)


def test_the_batch_shares_its_places_and_nested_prefixes_count():
    model = Autoencoder(HIDDEN, 96, torch.Generator().manual_seed(0))
    x = made_of_few_directions(64, seed=2) / 20
    active = choose(model, x, model.scores(x), 4, "batchtopk")
    per_token = active.pairs.token.bincount(minlength=64)
    assert int(per_token.sum()) == 4 * 64 and per_token.min() < per_token.max()
    whole, _ = reconstruction_loss(model, x, active, "topk")
    nested, back = reconstruction_loss(model, x, active, "matryoshka")
    few = model.decode(active.among(active.pairs.latent < 6))
    assert torch.allclose(back, model.decode(active)) and nested > whole
    assert not torch.allclose(few, back)


def test_candidates_hold_the_largest_even_where_the_tokens_looked_at_first_are_unlike_the_others():
    scores = torch.randn(160, 96, generator=torch.Generator().manual_seed(0))
    for shift in (0, 9, -9):
        unlike = scores.clone()
        unlike[::16] += shift
        largest = set(unlike.flatten().topk(4 * 160).indices.tolist())
        pairs = candidates(unlike, 4)
        assert largest <= set((pairs.token * 96 + pairs.latent).tolist())
        assert torch.equal(pairs.token, pairs.token.sort().values)
    assert len(candidates(scores, 4).token) < 2 * 4 * 160
    assert len(candidates(scores, 200).token) == scores.numel()


# The saved form


@pytest.fixture
def saved():
    model = Autoencoder(HIDDEN, 96, torch.Generator().manual_seed(3))
    with torch.no_grad():
        model.encoder_bias.normal_(std=0.1, generator=torch.Generator().manual_seed(4))
        model.decoder_bias.normal_(std=0.1, generator=torch.Generator().manual_seed(5))
    norm = Norm(torch.full((HIDDEN,), 7.0), 0.05)
    batches = [norm.apply(rows) for rows in made_of_few_directions(4000, seed=6).split(500)]
    return model, norm, Saved.of(model, norm, thresholds(model, batches, 5, "topk"))


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


# Figures


def test_figures_of_a_perfect_and_of_an_empty_reconstruction(saved):
    _, _, ours = saved
    rows = made_of_few_directions(1000, seed=3)
    rows[:, 4] += 150 * torch.randn(1000, generator=torch.Generator().manual_seed(0)).sign()
    of = fit(ours, rows)
    perfect = figures(replace(of, reconstruction=rows))
    assert perfect["varianceExplained"]["all"] == 1 and perfect["varianceExplained"]["medianToken"] == 1
    assert perfect["massiveDimensions"] == [4]
    empty = figures(replace(of, reconstruction=rows.mean(0).expand_as(rows)))
    assert abs(empty["varianceExplained"]["all"]) < 1e-3
    # A dimension that is given back alone makes the figure of all look good, and the others' not.
    lopsided = rows.mean(0).repeat(1000, 1)
    lopsided[:, 4] = rows[:, 4]
    flattering = figures(replace(of, reconstruction=lopsided))["varianceExplained"]
    assert flattering["all"] > 0.85 and flattering["withoutMassiveDimensions"] < 0.01


def test_agreement_counts_latents_that_both_have():
    rows = torch.nn.functional.normalize(torch.randn(40, 64, generator=torch.Generator().manual_seed(0)), dim=1)
    other = torch.nn.functional.normalize(torch.randn(40, 64, generator=torch.Generator().manual_seed(1)), dim=1)
    mixed = torch.cat([rows[:10].flip(0), other[10:]])
    assert agreement(rows, rows)["matchedOneToOne"] == 1
    assert agreement(rows, mixed)["matched"] == agreement(rows, mixed)["matchedOneToOne"] == 0.25


def test_splicing_nothing_costs_nothing_and_ablation_costs(tokenizer):
    ids = [tokenizer.encode(text).ids for text in (PROSE * 2, "def f(x):\n    return x + 1\n")]
    lengths = [len(i) for i in ids]
    joined = np.concatenate(ids)
    residual = torch.from_numpy(Blocks(PACK, 1, 16, threads=1).run(joined, lengths))
    hidden = residual.shape[1]
    identity = Saved(
        encoder=torch.cat([torch.eye(hidden), -torch.eye(hidden)], dim=1),
        encoder_bias=torch.zeros(2 * hidden),
        decoder=torch.cat([torch.eye(hidden), -torch.eye(hidden)]),
        decoder_bias=torch.zeros(hidden),
        threshold=torch.zeros(2 * hidden),
    )
    upper, batch = UpperHalf(PACK, 16, threads=1), Batch(torch.from_numpy(joined), lengths, residual)
    assert batch.sinks().nonzero()[:, 0].tolist() == [0, lengths[0]]
    ablated = ablate(upper, batch, residual[1:].mean(0))
    figures = recovered([splice(upper, identity, ablated)])
    assert figures["predictions"] == sum(lengths) - 4
    reference = load_reference(PACK)
    nll = lambda text: -forward(reference, text).log_probabilities[1:-1].gather(1, torch.tensor(text[2:])[:, None])
    assert abs(figures["crossEntropy"]["model"] - float(torch.cat([nll(text) for text in ids]).mean())) < 1e-3
    assert abs(figures["deltaCrossEntropy"]) < 1e-3 and figures["kl"] < 1e-3 and figures["recoveredAgainstMean"] > 0.999
    assert figures["crossEntropy"]["zero"] > figures["crossEntropy"]["model"] + 1
    nothing = replace(identity, decoder=torch.zeros(2 * hidden, hidden))
    lost = recovered([splice(upper, nothing, ablated)])
    assert abs(lost["recoveredAgainstZero"]) < 1e-4
