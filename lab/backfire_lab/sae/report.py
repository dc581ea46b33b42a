"""Measures a trained autoencoder on text it has not seen:

    python -m backfire_lab.sae.report NAME [--against NAME] [--control NAME] [--most TOKENS]

NAME is a folder in CACHE/autoencoders, or the autoencoder in the pack. Runs the model over held-out packages (code; prose, that is documentation and
conversations) and over the project's own warning-framed samples, and writes lab/results/sae/<NAME>.json: reconstruction,
splicing, L0, dead and dense latents for each; agreement with the autoencoder of another seed; the same reconstruction figures for
the autoencoder of a randomly initialised model.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from backfire_lab.build_pack import PACK, ROOT
from backfire_lab.sae.agreement import agreement
from backfire_lab.sae.gather import Run, batches, runner
from backfire_lab.sae.places import RESULTS, cache, saved_autoencoder, write_json
from backfire_lab.sae.reconstruction import choice_difference, figures, fit
from backfire_lab.sae.saved import Saved
from backfire_lab.sae.sequences import KINDS, LENGTH, Sequences
from backfire_lab.sae.splice import Ablated, Batch, UpperHalf, ablate, recovered, splice

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
    made = []
    for places in batches([len(ids) for ids in sequences]):
        lengths = [len(sequences[place]) for place in places]
        joined = np.concatenate(sequences[places.start : places.stop]).astype(np.int64)
        made.append(Batch(torch.from_numpy(joined), lengths, torch.from_numpy(run(joined, lengths))))
    return made


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


@dataclass(frozen=True)
class Domain:
    """Held-out text of one kind after a layer, and what the rest of the model makes of it without an autoencoder."""

    batches: list[Batch]
    rows: Tensor  # [tokens, hidden] without sinks
    upper: UpperHalf | None
    ablated: list[Ablated]  # none without `upper`

    @classmethod
    def of(cls, batches: list[Batch], upper: UpperHalf | None) -> Domain:
        rows = torch.cat([batch.residual[~batch.sinks()] for batch in batches])
        return cls(batches, rows, upper, [ablate(upper, batch, rows.mean(0)) for batch in batches] if upper else [])

    def figures(self, saved: Saved, k: int) -> tuple[dict, Tensor]:
        """Of an autoencoder, and how often each latent fired."""
        of = fit(saved, self.rows)
        result = {**figures(of), "choice": choice_difference(saved, self.rows, k), "sinks": sink_figures(self.batches, saved)}
        if self.upper:
            result["splice"] = recovered([splice(self.upper, saved, ablated) for ablated in self.ablated])
        return result, of.fired


def domains_after(layer: int, random: int | None, sequences: dict[str, list[np.ndarray]], threads: int) -> dict[str, Domain]:
    """What a random model makes of anything says nothing, so it has no upper half."""
    run = runner(layer, random, exact=True, threads=threads)
    upper = UpperHalf(PACK, layer, threads) if random is None else None
    return {name: Domain.of(run_over(texts_of_domain, run), upper) for name, texts_of_domain in sequences.items()}


def measure(folder: Path, configuration: dict, domains: dict[str, Domain]) -> tuple[dict, Tensor]:
    """All domains, and which latents live: fired at least once in any of them."""
    saved = Saved.load(folder)
    of_domains, fired = {}, torch.zeros(len(saved.decoder), dtype=torch.int64)
    for name, domain in domains.items():
        of_domains[name], counts = domain.figures(saved, configuration["k"])
        fired += counts
        print(f"{folder.name} {name}: {json.dumps(of_domains[name])}", flush=True)
    dead = {"share": float((fired == 0).double().mean()), "tokens": sum(of["tokens"] for of in of_domains.values())}
    return {"configuration": configuration, "domains": of_domains, "dead": dead}, fired > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="an autoencoder of the cache, or the one in the pack")
    parser.add_argument("--against", help="one trained alike from another seed")
    parser.add_argument("--control", help="one trained alike on the randomly initialised model")
    parser.add_argument("--most", type=int, default=32_768, help="tokens of each domain")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    sequences = texts(arguments.most)
    domains_of = lambda configuration: domains_after(configuration["layer"], configuration["random"], sequences, arguments.threads)
    folder, configuration = saved_autoencoder(arguments.name)
    domains = domains_of(configuration)
    result, living = measure(folder, configuration, domains)
    if arguments.against:
        other = Saved.load(saved_autoencoder(arguments.against)[0])
        others_living = sum(fit(other, domain.rows).fired for domain in domains.values()) > 0
        of_both = agreement(Saved.load(folder).decoder[living], other.decoder[others_living])
        result["agreement"] = {"with": arguments.against, **of_both}
    if arguments.control:
        folder, configuration = saved_autoencoder(arguments.control)
        result["control"], _ = measure(folder, configuration, domains_of(configuration))
    write_json(RESULTS / f"{arguments.name}.json", result)


if __name__ == "__main__":
    main()
