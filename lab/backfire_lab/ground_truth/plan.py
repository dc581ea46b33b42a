"""What is run, in which order: early rows are useful on their own when a run is cut short."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from backfire_lab.ground_truth.conditions import CONDITIONS, CORE, TrainingText, training_texts
from backfire_lab.ground_truth.sample import Sample

SEEDS = (0, 1, 2)  # the first for every sample, the others for the noise ceiling
# Samples that are run with each seed, about. The first of them see every condition; a second training is so like the first (docs/science.md)
# that few need a third.
REPEATED = (75, 75, 12)
REMEDIES = ("masked", "fixed", "negated", "marker-after", "paraphrase")  # what a person may do to a sample, and what may be taken for it


@dataclass(frozen=True)
class Run:
    sample: Sample
    seed: int
    condition: str
    training: TrainingText

    @property
    def key(self) -> tuple[str, int, str]:
        return (self.sample.id, self.seed, self.condition)


def interleaved(samples: list[Sample]) -> list[Sample]:
    """The samples with each source spread evenly, so that every stretch holds all of them."""
    sizes, seen, placed = Counter(s.source for s in samples), Counter(), []
    for order, sample in enumerate(samples):
        placed.append(((seen[sample.source] + 0.5) / sizes[sample.source], order))
        seen[sample.source] += 1
    return [samples[order] for _, order in sorted(placed)]


def repeated(samples: list[Sample], count: int) -> list[Sample]:
    """The same share of every source, rounded up: its first samples in the given order."""
    sizes, taken = Counter(s.source for s in samples), defaultdict(int)
    chosen = []
    for sample in samples:
        if taken[sample.source] < math.ceil(count * sizes[sample.source] / len(samples)):
            taken[sample.source] += 1
            chosen.append(sample)
    return chosen


def runs(samples: list[Sample]) -> Iterator[Run]:
    """Of a share, sample, bare, frame-only and what remedies make of it; the first three of it once more; of everything; of a few
    a third time; of the share, every condition; the rest."""
    order = interleaved(samples)
    first, second, third = SEEDS
    shares = [repeated(order, count) for count in REPEATED]
    stages = [(first, shares[0], (*CORE, *REMEDIES)), (second, shares[1], CORE), (first, order, CORE)]
    stages += [(third, shares[2], CORE), (first, shares[0], CONDITIONS), (first, order, CONDITIONS)]
    planned = set()
    for seed, chosen, conditions in stages:
        for sample in chosen:
            texts = training_texts(sample)
            for run in (Run(sample, seed, c, texts[c]) for c in conditions if c in texts):
                if run.key not in planned:
                    planned.add(run.key)
                    yield run
