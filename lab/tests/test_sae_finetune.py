"""Fine-tuning the autoencoder, at a layer near the end, where the rest of the model is short."""

import json
from dataclasses import replace

import pytest

import backfire_lab.before_torch  # noqa: F401, I001
import torch
from safetensors.torch import load_file

from backfire_lab.build_pack import PACK
from backfire_lab.sae.autoencoder import choose, reconstruction_loss
from backfire_lab.sae.fast_blocks import FastBlocks
from backfire_lab.sae.finetune import DifferentiableUpperHalf, Plan, finetune, runs, step
from backfire_lab.sae.gather import gather
from backfire_lab.sae.rounding import ROUGH
from backfire_lab.sae.sequences import arrange
from backfire_lab.sae.shards import shards_in
from backfire_lab.sae.stream import batches, mixed, norm_of
from backfire_lab.sae.train import Settings, Training
from tiny_texts import PROSE

LAYER, HIDDEN, K = 28, 576, 8
TEXTS = [
    ("documentation", 0, PROSE * 20),
    ("code", 1, "def f(x):\n    return x + 1\n\n" * 20),
]


class Setting:
    """Sequences, their shards, an autoencoder trained on them for a moment, and the rest of the model."""

    def __init__(self, folder, tokenizer):
        self.sequences = arrange(TEXTS, tokenizer, seed=0)
        gather(self.sequences, folder, FastBlocks.of_pack(PACK, LAYER, threads=1).run)
        self.paths = shards_in(folder)
        self.norm = norm_of(self.paths)
        self.upper = DifferentiableUpperHalf.of_pack(PACK, LAYER)
        settings = Settings(LAYER, width=256, k=K, variant="batchtopk", seed=0, tokens=100_000, random=None, rate=5e-3)
        self.training = Training(settings, HIDDEN)
        for _ in range(30):
            for x in batches(mixed(self.paths, (0,)), 128, self.norm):
                self.training.step(x)
        self.begun = {name: tensor.clone() for name, tensor in self.training.model.state_dict().items()}

    def fresh(self):
        self.training.model.load_state_dict(self.begun)
        self.training.optimizer = torch.optim.Adam(self.training.model.parameters(), lr=1e-3)
        return self.training


@pytest.fixture(scope="module")
def setting(tmp_path_factory, tokenizer):
    return Setting(tmp_path_factory.mktemp("residuals"), tokenizer)


def test_the_gradient_of_the_divergence_is_the_one_by_autograd(setting):
    torch.manual_seed(0)
    upper = replace(setting.upper, unembedding=torch.randn(50, HIDDEN).to(ROUGH) / 20)
    true, other = torch.randn(600, HIDDEN), torch.randn(600, HIDDEN, requires_grad=True)
    kl, gradient = upper.divergence(true, other.detach())
    p, q = upper.log_p(true), upper.log_p(other)
    expected = (p.exp() * (p - q)).sum(1).mean()
    expected.backward()
    assert abs(kl - float(expected.detach())) < 1e-4
    assert (gradient - other.grad).norm() / other.grad.norm() < 1e-2


def test_it_lowers_what_the_rest_of_the_model_notices_more_than_squared_error_alone_does(setting):
    batch = next(runs(setting.sequences, setting.paths, 512))
    divergence = lambda training: step(training, setting.upper, setting.norm, batch, rate=0)["kl"]
    before = divergence(setting.fresh())
    training = setting.fresh()
    for _ in range(20):
        step(training, setting.upper, setting.norm, batch, rate=1e-3)
    by_both = divergence(training)

    training = setting.fresh()
    x = setting.norm.apply(batch.residual[~batch.sinks()])
    for _ in range(20):
        active = choose(training.model, x, training.model.scores(x), K, "batchtopk")
        training.optimizer.zero_grad()
        reconstruction_loss(training.model, x, active, "batchtopk")[0].backward()
        training.optimizer.step()
        training.model.keep_length()
    by_error_alone = divergence(training)
    assert by_both < 0.8 * by_error_alone < before


def test_a_killed_run_ends_as_one_that_ran_through(setting, tmp_path, monkeypatch):
    monkeypatch.setattr("backfire_lab.sae.finetune.STEPS_KEPT", 2)

    def finetuned(name, steps=None):
        (tmp_path / name).mkdir(exist_ok=True)
        left = iter(range(steps)) if steps else None

        def counted(*arguments):
            if left and next(left, None) is None:
                raise KeyboardInterrupt
            return step(*arguments)

        monkeypatch.setattr("backfire_lab.sae.finetune.step", counted)
        plan = Plan(tokens=2000, rate=1e-3, batch=200)
        finetune(setting.fresh(), setting.upper, setting.sequences, setting.paths, setting.norm, tmp_path / name, plan)
        return load_file(tmp_path / name / "sae_weights.safetensors")

    through = finetuned("through")
    with pytest.raises(KeyboardInterrupt):
        finetuned("killed", steps=5)
    killed = finetuned("killed")
    for name, tensor in through.items():
        assert torch.allclose(tensor, killed[name], rtol=1e-3, atol=1e-3), name
    lines = lambda name: [json.loads(line)["tokens"] for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
    assert lines("through") == lines("killed") and lines("through")[-1] >= 2000
