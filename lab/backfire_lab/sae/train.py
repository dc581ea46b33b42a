"""Trains the autoencoder on gathered activations:

    python -m backfire_lab.sae.train [--layer 16] [--width 8192] [--k 48] [--variant batchtopk] [--seed 0] [--tokens N] [--from NAME] …

Begins at random, or from the weights of an autoencoder that is there already (the one in the pack, say). Writes
CACHE/autoencoders/<name>/: config.json, log.jsonl, a checkpoint while it runs, and in the end SAELens' cfg.json and
sae_weights.safetensors. A run that was killed goes on from its checkpoint. Uses the shards that are there when it begins.

Why a loop of our own: sae-lens and dictionary_learning train with dense products and dense gradients in each step, made for GPUs
and live models. Here a latent's rows are touched only where it is active (sparse_rows.py), and the choice is made in
bfloat16 where the processor has it.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.sae.autoencoder import VARIANTS, Autoencoder, auxiliary_loss, choose, reconstruction_loss
from backfire_lab.sae.gather import folder_of
from backfire_lab.sae.places import cache, keep_configuration, saved_autoencoder
from backfire_lab.sae.saved import Norm, Saved
from backfire_lab.sae.shards import SINK, TOKENS, gathered
from backfire_lab.sae.stream import GROUP, batches, groups, mixed, norm_of, sink_norm_of
from backfire_lab.sae.thresholds import TOKENS as THRESHOLD_TOKENS
from backfire_lab.sae.thresholds import thresholds


CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Settings:
    layer: int
    width: int
    k: int
    variant: str
    seed: int
    tokens: int  # trained on in all; the shards are gone through as often as that takes
    random: int | None  # seed of the random model, or None for the pack's
    begin: str | None = None  # name of the autoencoder whose weights come first, or None for random ones
    batch: int = 512  # few tokens want many steps: `sweep`
    rate: float = 2e-3
    warm_up: float = 0.05  # shares of the run: the rate rises at its beginning and falls to zero at its end
    cool_down: float = 1.0
    auxiliary_k: int = 256
    auxiliary_weight: float = 1 / 32
    dead_after: int = 262_144  # tokens without activation

    def name(self) -> str:
        if self.begin:
            return f"{self.begin}-k{self.k}-{self.tokens / 1e6:g}M"
        model = "" if self.random is None else f"-random{self.random}"
        return f"layer{self.layer}{model}-{self.variant}-w{self.width}-k{self.k}-seed{self.seed}-{self.tokens / 1e6:g}M"

    def rate_at(self, done: float) -> float:
        """The rate when the share `done` of the run is behind."""
        return self.rate * min(1.0, (done + 1e-3) / self.warm_up, max(0.0, 1 - done) / self.cool_down)


def unexplained(x: torch.Tensor, reconstruction: torch.Tensor) -> float:
    """The share of a batch's variance, mean-centred, that its reconstruction leaves."""
    return float((x - reconstruction.detach()).square().sum() / (x - x.mean(0)).square().sum())


class Training:
    def __init__(self, settings: Settings, hidden: int):
        self.settings = settings
        self.model = Autoencoder(hidden, settings.width, torch.Generator().manual_seed(settings.seed))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.rate, betas=(0.9, 0.999), fused=True)
        self.silent = torch.zeros(settings.width, dtype=torch.int64)  # tokens since each latent was active
        self.tokens = 0

    def step(self, x: torch.Tensor) -> dict[str, float]:
        s, model = self.settings, self.model
        scores = model.scores(x)
        active = choose(model, x, scores, s.k, s.variant)
        loss, reconstruction = reconstruction_loss(model, x, active, s.variant)
        dead = (self.silent >= s.dead_after).nonzero()[:, 0]
        total = loss
        if len(dead):
            error = (x - reconstruction).detach()
            # A few dead latents that are to explain all that is left, alone, come back at every token at once: the loss jumps. Hence
            # their weight grows with their number, as in SAELens.
            weight = s.auxiliary_weight * min(1.0, len(dead) / s.auxiliary_k)
            total = loss + weight * auxiliary_loss(model, x, scores, dead, error, s.auxiliary_k)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.optimizer.param_groups[0]["lr"] = s.rate_at(self.tokens / s.tokens)
        self.optimizer.step()
        model.keep_length()
        self.silent += len(x)
        self.silent[active.pairs.latent] = 0
        self.tokens += len(x)
        return {"unexplained": unexplained(x, reconstruction), "l0": len(active.values) / len(x), "dead": len(dead)}

    def begin_with(self, name: str, norm: Norm) -> None:
        """The weights of a saved autoencoder, and the fresh optimizer: the old one's memory is of another rate or loss."""
        folder, trained = saved_autoencoder(name)
        for field in ("layer", "width"):
            if trained[field] != getattr(self.settings, field):
                raise SystemExit(f"{name}: {field} is {trained[field]}, and {getattr(self.settings, field)} is asked for.")
        self.model.load_state_dict(Saved.load(folder).state(norm))

    def state(self) -> dict:
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "silent": self.silent, "tokens": self.tokens}

    def restore(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.silent, self.tokens = state["silent"], state["tokens"]


def keep(folder: Path, state: dict, line: dict) -> None:
    """The checkpoint, whole or as it was, and a line of the log."""
    checkpoint = folder / CHECKPOINT
    partial = checkpoint.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(checkpoint)
    with (folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


def train(training: Training, paths: list[Path], norm: Norm, folder: Path) -> None:
    """Goes on behind the groups of shards that the checkpoint has seen; a checkpoint is made after each group."""
    settings, checkpoint = training.settings, folder / CHECKPOINT
    seen = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        training.restore(state["training"])
        seen = state["groups"]
    count = len(groups(len(paths), settings.seed, 0))
    while training.tokens < settings.tokens:
        epoch, place = divmod(seen, count)
        chosen = [paths[i] for i in groups(len(paths), settings.seed, epoch)[place]]
        clock, before, sums = time.monotonic(), training.tokens, {}
        rows = mixed(chosen, (settings.seed, epoch, place))
        for x in batches(rows, settings.batch, norm):
            if training.tokens >= settings.tokens:
                break
            for name, value in training.step(x).items():
                sums[name] = sums.get(name, 0.0) + value * len(x)
        seen += 1
        tokens = training.tokens - before
        if not tokens:
            raise SystemExit(f"{folder}: {len(rows)} tokens are gathered, fewer than one batch of {settings.batch}.")
        line = {"tokens": training.tokens, **{name: total / tokens for name, total in sums.items()}}
        line["tokensPerSecond"] = tokens / (time.monotonic() - clock)
        keep(folder, {"training": training.state(), "groups": seen}, line)


def save(training: Training, paths: list[Path], norm: Norm, folder: Path) -> None:
    settings = training.settings
    rows = mixed(paths[: THRESHOLD_TOKENS // TOKENS + 1], (settings.seed,))[:THRESHOLD_TOKENS]
    threshold = thresholds(training.model, batches(rows, min(settings.batch, len(rows)), norm), settings.k, settings.variant)
    metadata = {
        "model_name": "smollm2-135m-instruct" if settings.random is None else f"random-{settings.random}",
        "hook_name": f"blocks.{settings.layer - 1}.hook_resid_post",
        "prepend_bos": False,
        "left_out": f"first token of a run, and norms above {SINK} times the median, that is sink_norm",
        "sink_norm": sink_norm_of(paths[:GROUP]),
        "k": settings.k,
        "variant": settings.variant,
        "training_tokens": training.tokens,
        "trained_on_from": settings.begin,
        "seed": settings.seed,
    }
    Saved.of(training.model, norm, threshold).save(folder, metadata)


def run(settings: Settings, source: Path, folder: Path, shards: int | None = None) -> None:
    there = gathered(source)
    begun = json.loads((folder / "config.json").read_text())["shards"] if (folder / "config.json").exists() else len(there)
    paths = there[: shards or begun]
    keep_configuration(folder / "config.json", {**asdict(settings), "shards": len(paths)})
    norm = norm_of(paths[:GROUP])
    training = Training(settings, len(norm.mean))
    if settings.begin:
        training.begin_with(settings.begin, norm)
    train(training, paths, norm, folder)
    save(training, paths, norm, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", type=int, default=16)
    parser.add_argument("--width", type=int, default=8192)
    parser.add_argument("--k", type=int, default=48)
    parser.add_argument("--variant", choices=VARIANTS, default="batchtopk")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=20_000_000)
    parser.add_argument("--random", type=int, metavar="SEED", help="activations of the randomly initialised model")
    for name in ("batch", "rate", "warm_up", "cool_down", "auxiliary_k", "auxiliary_weight", "dead_after"):
        default = getattr(Settings, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--from", dest="begin", metavar="NAME", help="an autoencoder of the cache, or the one in the pack")
    parser.add_argument("--shards", type=int, help="use only the first ones")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    settings = Settings(**{name: getattr(arguments, name) for name in Settings.__dataclass_fields__})
    folder = cache() / "autoencoders" / settings.name()
    source = folder_of("train", settings.layer, settings.random)
    run(settings, source, folder, arguments.shards)
    print(folder)


if __name__ == "__main__":
    main()
