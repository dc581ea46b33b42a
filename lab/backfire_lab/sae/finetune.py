"""Fine-tunes a trained autoencoder by what the rest of the model makes of its reconstructions:

    python -m backfire_lab.sae.finetune NAME [--tokens 1000000] [--rate 1e-4] [--batch 512] [--threads 2]

NAME is an autoencoder in CACHE/autoencoders that `train` has finished, or the one in the pack; writes
CACHE/autoencoders/<NAME>-kl<tokens>M. The loss of a step is the squared error of training plus KL(model || model with the reconstruction
in place of the stream), the second scaled to the size of the first (Karvonen 2025, "Revisiting End-To-End Sparse Autoencoder Training: A
Short Finetune Is All You Need"). Error in directions that the model does not read costs cross-entropy nothing, and squared error alone
can't tell which those are.

Reads the gathered shards, the last ones first: their residual, and from it on only the upper half of the model. A run that was
killed goes on from its checkpoint.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from torch import Tensor

from backfire_lab.build_pack import PACK
from backfire_lab.reference import load_reference
from backfire_lab.sae.autoencoder import choose, reconstruction_loss
from backfire_lab.sae.fast_blocks import FastBlocks
from backfire_lab.sae.gather import batches, folder_of
from backfire_lab.sae.places import cache, keep_configuration, saved_autoencoder
from backfire_lab.sae.rounding import ROUGH
from backfire_lab.sae.saved import Norm
from backfire_lab.sae.sequences import Sequences
from backfire_lab.sae.shards import Shard, borders, gathered
from backfire_lab.sae.splice import ROWS, Batch
from backfire_lab.sae.stream import GROUP, norm_of
from backfire_lab.sae.train import CHECKPOINT, Settings, Training, keep, save, unexplained

WARM_UP = 0.05  # share of the run in which the rate rises; then it falls to zero in a line
STEPS_KEPT = 8  # between checkpoints


@dataclass(frozen=True)
class Plan:
    tokens: int = 1_000_000
    rate: float = 1e-4  # at 3e-4 the squared error grows by an eighth, and KL falls hardly further
    batch: int = 512  # tokens of a step, or a few more: runs are not cut

    def rate_at(self, done: float) -> float:
        """The rate of the step that ends at the share `done` of the run."""
        return self.rate * min(done / WARM_UP, (1 - done) / (1 - WARM_UP), 1.0)


@dataclass(frozen=True)
class DifferentiableUpperHalf:
    """From the stream after a layer to the last hidden states, and from those to logits; differentiable, rounded products."""

    blocks: FastBlocks
    norm: Tensor  # [hidden]
    epsilon: float
    unembedding: Tensor  # [vocabulary, hidden]

    @classmethod
    def of_pack(cls, pack: Path, layer: int) -> DifferentiableUpperHalf:
        model = load_reference(pack)
        blocks = FastBlocks(model.model, layer + 1, model.config.num_hidden_layers)
        return cls(blocks, model.model.norm.weight.detach(), model.config.rms_norm_eps, model.lm_head.weight.detach().to(ROUGH))

    def hidden(self, residual: Tensor, lengths: list[int]) -> Tensor:
        return torch.nn.functional.rms_norm(self.blocks.through(residual, lengths), self.norm.shape, self.norm, self.epsilon)

    def log_p(self, hidden: Tensor) -> Tensor:
        return (hidden.to(ROUGH) @ self.unembedding.T).float().log_softmax(-1)

    @torch.no_grad()
    def divergence(self, true: Tensor, other: Tensor) -> tuple[float, Tensor]:
        """Mean over rows of KL(true || other), nats, from hidden states [rows, hidden]; and its gradient by `other`.

        By hand, some rows at a time: d KL / d logits of the other is the difference of the probabilities.
        """
        total, gradient = 0.0, torch.empty_like(other)
        for start in range(0, len(true), ROWS):
            rows = slice(start, start + ROWS)
            reference, log_q = self.log_p(true[rows]), self.log_p(other[rows])
            p = reference.exp()
            total += float((p * (reference - log_q)).sum())
            gradient[rows] = (log_q.exp() - p).to(ROUGH) @ self.unembedding
        return total / len(true), gradient / len(true)


def runs(sequences: Sequences, paths: list[Path], size: int) -> Iterator[Batch]:
    """Of all shards, the last ones first, again and again; each with its ids."""
    within = borders(sequences.ends)
    while True:
        for number in reversed(range(len(paths))):
            first, last = within[number]
            residual, start = Shard.load(paths[number]).residual, sequences.start(first)
            for places in batches(sequences.lengths(first, last), size):
                ids = [sequences.of(first + place).astype(np.int64) for place in places]
                of_run = slice(sequences.start(first + places.start) - start, sequences.start(first + places.stop) - start)
                yield Batch(
                    torch.from_numpy(np.concatenate(ids)), [len(i) for i in ids], torch.from_numpy(residual[of_run].astype(np.float32))
                )


def step(training: Training, upper: DifferentiableUpperHalf, norm: Norm, batch: Batch, rate: float) -> dict[str, float]:
    settings, model, sinks = training.settings, training.model, batch.sinks()
    x = norm.apply(batch.residual[~sinks])
    active = choose(model, x, model.scores(x), settings.k, settings.variant)
    error, reconstruction = reconstruction_loss(model, x, active, settings.variant)
    given = reconstruction.detach().requires_grad_()
    spliced = torch.where(sinks[:, None], batch.residual, 0.0).index_put((~sinks,), norm.undo(given))
    predicts = batch.predicts()
    with torch.no_grad():
        true = upper.hidden(batch.residual, batch.lengths)[predicts]
    hidden = upper.hidden(spliced, batch.lengths)[predicts]
    kl, gradient = upper.divergence(true, hidden.detach())
    hidden.backward(gradient)
    training.optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward([error, reconstruction], [None, given.grad * (error.detach() / kl)])
    training.optimizer.param_groups[0]["lr"] = rate
    training.optimizer.step()
    model.keep_length()
    return {"unexplained": unexplained(x, reconstruction), "kl": kl}


def finetune(
    training: Training, upper: DifferentiableUpperHalf, sequences: Sequences, paths: list[Path], norm: Norm, folder: Path, plan: Plan
) -> None:
    checkpoint, done, seen = folder / CHECKPOINT, 0, 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        training.restore(state["training"])
        done = state["steps"]
    clock, sums, counted = time.monotonic(), {}, 0
    for number, batch in enumerate(runs(sequences, paths, plan.batch)):
        if seen >= plan.tokens:
            break
        seen += len(batch.ids)
        if number < done:
            continue
        for name, value in step(training, upper, norm, batch, plan.rate_at(seen / plan.tokens)).items():
            sums[name] = sums.get(name, 0.0) + value * len(batch.ids)
        counted += len(batch.ids)
        if (number + 1) % STEPS_KEPT and seen < plan.tokens:
            continue
        line = {"tokens": seen, **{name: total / counted for name, total in sums.items()}}
        line["tokensPerSecond"] = counted / (time.monotonic() - clock)
        keep(folder, {"training": training.state(), "steps": number + 1}, line)
        clock, sums, counted = time.monotonic(), {}, 0
    save(training, paths, norm, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="folder of the trained autoencoder")
    for field in fields(Plan):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    plan = Plan(**{field.name: getattr(arguments, field.name) for field in fields(Plan)})
    configuration = saved_autoencoder(arguments.name)[1]
    shards = configuration.pop("shards")
    if "finetune" in configuration:
        raise SystemExit(f"{arguments.name} is fine-tuned already, from {configuration['finetune']['from']}. Begin from that one.")
    settings = Settings(**configuration)
    if settings.random is not None:
        raise SystemExit(f"{arguments.name} is of a random model: there is nothing that its upper half could tell.")
    paths = gathered(folder_of("train", settings.layer, None))[:shards]
    norm = norm_of(paths[:GROUP])
    training = Training(settings, len(norm.mean))
    training.begin_with(arguments.name, norm)
    folder = cache() / "autoencoders" / f"{arguments.name}-kl{plan.tokens / 1e6:g}M"
    finetuned = {"finetune": {"from": arguments.name, **asdict(plan)}}
    keep_configuration(folder / "config.json", {**configuration, "shards": shards, **finetuned})
    upper = DifferentiableUpperHalf.of_pack(PACK, settings.layer)
    finetune(training, upper, Sequences.load(cache() / "train.npz"), paths, norm, folder, plan)
    print(folder)


if __name__ == "__main__":
    main()
