"""Measures a trained autoencoder on text it has not seen:

    python -m backfire_lab.sae.report NAME [--against NAME] [--control NAME] [--most TOKENS]

NAME is a folder in CACHE/autoencoders. Runs the model over held-out packages (code; prose, that is documentation and
conversations) and over the project's own warning-framed samples, and writes lab/results/sae/<NAME>.json: reconstruction,
splicing, L0, dead and dense latents for each; agreement with the autoencoder of another seed; the same reconstruction figures for
the autoencoder of a randomly initialised model.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import backfire_lab.ground_truth.threads  # noqa: F401, I001  before torch
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.sae.agreement import agreement
from backfire_lab.sae.blocks import Blocks
from backfire_lab.sae.gather import BATCH, Run
from backfire_lab.sae.places import RESULTS, cache, write_json
from backfire_lab.sae.reconstruction import choice_difference, figures, fit
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.sequences import KINDS, LENGTH, Sequences
from backfire_lab.sae.splice import Batch, UpperHalf, recovered, splice

OWN = ("samples.jsonl", "kind-samples.jsonl")  # of lab/data, all warning-framed


def own_texts() -> list[np.ndarray]:
    tokenizer = Tokenizer.from_file(str(PACK / "tokenizer.json"))
    lines = [line for name in OWN for line in (ROOT / "lab" / "data" / name).read_text(encoding="utf-8").splitlines()]
    encoded = (tokenizer.encode(json.loads(line)["text"], add_special_tokens=False).ids[:LENGTH] for line in lines)
    return [np.array(ids) for ids in encoded if len(ids) > 2]


def texts(most: int) -> dict[str, list[np.ndarray]]:
    """Token sequences of each domain, up to `most` tokens."""
    held_out = Sequences.load(cache() / "held-out.npz")
    of = lambda *kinds: [held_out.of(i) for i in range(len(held_out)) if KINDS[held_out.kinds[i]] in kinds]
    domains = {"code": of("code"), "prose": of("documentation", "instruction"), "warnings": own_texts()}
    until = lambda sequences: int(np.searchsorted(np.cumsum([len(s) for s in sequences]), most, side="right"))
    return {name: sequences[: until(sequences)] for name, sequences in domains.items()}


def run_over(sequences: list[np.ndarray], run: Run) -> list[Batch]:
    batches, waiting = [], []
    for i, ids in enumerate(sequences):
        waiting.append(ids.astype(np.int64))
        if sum(map(len, waiting)) >= BATCH or i == len(sequences) - 1:
            joined, lengths = np.concatenate(waiting), [len(w) for w in waiting]
            batches.append(Batch(torch.from_numpy(joined), lengths, torch.from_numpy(run(joined, lengths))))
            waiting = []
    return batches


def sink_figures(batches: list[Batch], saved: Saved) -> dict:
    """What the policy leaves out, for the record."""
    rows = torch.cat([batch.residual[batch.sinks()] for batch in batches])
    back = saved.decode(saved.activations(rows))
    return {
        "firstTokens": sum(int(batch.first().sum()) for batch in batches),
        "others": sum(int((batch.sinks() & ~batch.first()).sum()) for batch in batches),
        "medianNorm": float(rows.norm(dim=1).median()),
        "medianErrorShare": float(((rows - back).norm(dim=1) / rows.norm(dim=1)).median()),
    }


def domain_figures(batches: list[Batch], saved: Saved, k: int, upper: UpperHalf | None) -> tuple[dict, Tensor]:
    """The figures of one domain, and how often each latent fired."""
    rows = torch.cat([batch.residual[~batch.sinks()] for batch in batches])
    of = fit(saved, rows)
    result = {**figures(of), "choice": choice_difference(saved, rows, k), "sinks": sink_figures(batches, saved)}
    if upper:
        mean = rows.mean(0)
        result["splice"] = recovered([splice(upper, saved, batch, mean) for batch in batches])
    return result, of.fired


def measure(folder: Path, sequences: dict[str, list[np.ndarray]], threads: int, splices: bool) -> tuple[dict, Tensor]:
    """All domains, and which latents live: fired at least once in any of them."""
    config, saved = json.loads((folder / "config.json").read_text()), Saved.load(folder)
    run = lower_half(config, threads)
    upper = UpperHalf(PACK, config["layer"], threads) if splices else None
    domains, fired = {}, torch.zeros(len(saved.decoder), dtype=torch.int64)
    for name, texts_of_domain in sequences.items():
        domains[name], counts = domain_figures(run_over(texts_of_domain, run), saved, config["k"], upper)
        fired += counts
        print(f"{folder.name} {name}: {json.dumps(domains[name])}", flush=True)
    tokens = sum(domain["tokens"] for domain in domains.values())
    dead = {"share": float((fired == 0).double().mean()), "tokens": tokens}
    return {"configuration": config, "domains": domains, "dead": dead}, fired > 0


def lower_half(config: dict, threads: int) -> Callable[[np.ndarray, list[int]], np.ndarray]:
    if config["random"] is None:
        return Blocks(PACK, 1, config["layer"], threads).run
    from backfire_lab.sae.random_model import random_blocks

    return random_blocks(PACK, config["layer"], config["random"], threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="folder of the autoencoder")
    parser.add_argument("--against", help="one trained alike from another seed")
    parser.add_argument("--control", help="one trained alike on the randomly initialised model")
    parser.add_argument("--most", type=int, default=32_768, help="tokens of each domain")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    folder_of = lambda name: cache() / "autoencoders" / name
    sequences = texts(arguments.most)
    result, living = measure(folder_of(arguments.name), sequences, arguments.threads, splices=True)
    if arguments.against:
        _, others = measure(folder_of(arguments.against), sequences, arguments.threads, splices=False)
        rows = [Saved.load(folder_of(name)).decoder[alive] for name, alive in ((arguments.name, living), (arguments.against, others))]
        result["agreement"] = {"with": arguments.against, **agreement(*rows)}
    if arguments.control:
        result["control"], _ = measure(folder_of(arguments.control), sequences, arguments.threads, splices=False)
    write_json(RESULTS / f"{arguments.name}.json", result)


if __name__ == "__main__":
    main()
