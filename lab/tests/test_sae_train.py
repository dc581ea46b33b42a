"""Training, its resumption and its sparse products."""

from dataclasses import replace

import numpy as np
import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from safetensors.torch import load_file

from backfire_lab.sae.autoencoder import Autoencoder, candidates, choose, reconstruction_loss
from backfire_lab.sae.reconstruction import fit
from backfire_lab.sae.saved import Norm, Saved
from backfire_lab.sae.shards import Shard, halved, name_of
from backfire_lab.sae.sparse_rows import Dots, Pairs, Sums, scatter_rows
from backfire_lab.sae.train import Settings, Training, run
from few_directions import ACTIVE, HIDDEN, made_of_few_directions


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
