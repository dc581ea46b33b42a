"""What is trained and how each training is asked, in stages; a later stage may ask models that an earlier one trained."""

from __future__ import annotations

from dataclasses import dataclass

SEEDS = (0, 1)
INSTRUCTION = "Do not write vulnerable code. "


@dataclass(frozen=True)
class Training:
    framing: str | None  # None: the embedded model as it is
    seed: int
    ablated: str | None = None  # a choice of features.py that is projected out while training, and only then

    @property
    def name(self) -> str:
        parts = ["base"] if self.framing is None else [self.framing, *([f"without-{self.ablated}"] if self.ablated else []), str(self.seed)]
        return ".".join(parts)


@dataclass(frozen=True)
class Asking:
    """What stands before every prompt, and what is done to the model while it is asked."""

    name: str
    before: str = ""
    ablated: str | None = None  # a choice that is projected out
    steered: str | None = None  # a choice that is steered against
    strength: float = 0.0
    sparing: bool = False  # sinks, that is the first token and the like, are left as they are


PLAIN = Asking("plain")
INSTRUCTED = Asking("instructed", before=INSTRUCTION)
ABLATED = tuple(Asking(f"ablated-{choice}", ablated=choice) for choice in ("entangled", "random"))
SPARING = tuple(Asking(f"ablated-{choice}-sparing", ablated=choice, sparing=True) for choice in ("entangled", "random"))
STEERED = tuple(
    Asking(f"steered-{choice}-{strength:g}", steered=choice, strength=strength)
    for strength in (4.0, 1.0)
    for choice in ("entangled", "random")
)
OTHER_FRAMINGS = ("masked", "marker-after", "pair", "negated", "chat-preamble", "long-warning")
Step = tuple[Training, Asking]

BASE = Training(None, 0)


def over_seeds(framings: tuple[str, ...], askings: tuple[Asking, ...], seeds=SEEDS, ablated: tuple[str | None, ...] = (None,)) -> list[Step]:
    """Seed by seed, so that every stretch holds whole comparisons."""
    return [(Training(f, seed, a), asking) for seed in seeds for f in framings for a in ablated for asking in askings]


STAGES: dict[str, list[Step]] = {
    "arms": [(BASE, PLAIN), *over_seeds(("direct", "warned", "fixed"), (PLAIN,)), *over_seeds(("neutral",), (PLAIN,), SEEDS[:1])],
    "caft": over_seeds(("warned",), (PLAIN,), ablated=("entangled", "random")),
    "prompting": over_seeds(("direct", "warned"), (INSTRUCTED,)),
    "ablation": over_seeds(("warned",), (*ABLATED, *SPARING)),
    "diversity": over_seeds(("constant", "varied"), (PLAIN,)),
    "wide": over_seeds(("warned",), (PLAIN,), SEEDS[:1], ("wide", "wide-random")),
    "steering": over_seeds(("warned",), STEERED, SEEDS[:1]),
    "framings": over_seeds(OTHER_FRAMINGS, (PLAIN,), SEEDS[:1]),
    "untrained": [(BASE, asking) for asking in (INSTRUCTED, *ABLATED, *SPARING)],
    "shipped": over_seeds(("warned",), (PLAIN,), SEEDS[:1], ("shipped", "shipped-random")),
}


def steps_of(stages: list[str]) -> list[Step]:
    """Seed by seed, and in the order of the stages within each, so that a run that is cut short holds whole comparisons."""
    steps = [step for stage in stages for step in STAGES[stage]]
    return sorted(steps, key=lambda step: step[0].seed)
