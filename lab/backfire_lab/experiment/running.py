"""Carries out the steps of a plan: one row for each that has none yet.

Rows stand in one file for each training, so that two processes can share the work: what the other one is at is passed over. Adapters stay in
.cache/lab/experiment, outside the repository; one that was deleted is trained anew when a row needs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from peft import PeftModel
from transformers import PreTrainedModel

from backfire_lab.build_pack import ROOT
from backfire_lab.experiment.cases import Case, all_cases
from backfire_lab.experiment.evaluation import evaluated
from backfire_lab.experiment.features import rows_of, steering_direction
from backfire_lab.experiment.framings import examples
from backfire_lab.experiment.interventions import Change, changed, orthonormal, projection, sink_limit, sparing_sinks, steering
from backfire_lab.experiment.plan import Asking, Step, Training
from backfire_lab.experiment.training import SETTINGS, Settings, restore, save, train, with_adapter
from backfire_lab.ground_truth.own_samples import filler_texts
from backfire_lab.ground_truth.results import Results
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.sae.saved import Saved

OUTPUT = ROOT / "lab" / "results" / "experiment"
ADAPTERS = ROOT / ".cache" / "lab" / "experiment"
NEUTRAL_TEXTS = 22  # of the filler: these are the neutral arm's, the others tell what a training costs on ordinary text


@dataclass(frozen=True)
class Workshop:
    """All that a step needs. `choices` are those of features.py."""

    load: Callable[[], PreTrainedModel]  # the embedded model, anew each time: an adapter changes it
    tokens: Tokens
    saved: Saved
    layer: int
    choices: dict
    output: Path = OUTPUT
    adapters: Path = ADAPTERS
    settings: Settings = SETTINGS
    cases: list[Case] = field(default_factory=all_cases)
    filler: list[str] = field(default_factory=filler_texts)

    def ablation(self, choice: str | None) -> Change | None:
        return None if choice is None else projection(orthonormal(rows_of(self.saved, self.choices[choice])))

    def change(self, asking: Asking, model: PreTrainedModel) -> Change | None:
        if asking.sparing:
            prompts = [self.tokens.ids(case.prompt) for case in self.cases[::5]]
            return sparing_sinks(self.ablation(asking.ablated), sink_limit(model, self.layer, prompts))
        if asking.steered is not None:
            return steering(steering_direction(self.saved, self.choices[asking.steered], asking.strength))
        return self.ablation(asking.ablated)

    def rows(self, training: Training) -> Path:
        return self.output / "runs" / f"{training.name}.jsonl"

    def trained(self, training: Training) -> PeftModel:
        """With its adapter merged into the weights."""
        model = with_adapter(self.load(), training.seed, self.settings)
        if training.framing is not None:
            adapter = self.adapters / f"{training.name}.safetensors"
            if adapter.exists():
                restore(model, adapter)
            else:
                cases, ordinary = [case for case in self.cases if case.trained], self.filler[:NEUTRAL_TEXTS]
                texts = examples(training.framing, cases, training.seed, ordinary, self.tokens)
                train(model, texts, self.tokens, training.seed, self.layer, self.ablation(training.ablated), self.settings)
                save(model, adapter)
        model.eval().merge_adapter()
        return model

    def asked(self, model: PeftModel, training: Training, asking: Asking) -> dict:
        base = model.get_base_model()
        with changed(base, self.layer, self.change(asking, base)):
            row = evaluated(base, self.cases, self.tokens, training.seed, self.filler[NEUTRAL_TEXTS:], asking.before)
        return {"framing": training.framing, "ablated": training.ablated, "seed": training.seed, "asking": asking.name, **row}


def carry_out(workshop: Workshop, steps: list[Step]) -> Iterator[dict]:
    """Yields each new row after it is on disk."""
    for training, group in groupby(steps, key=lambda step: step[0]):
        try:
            results = Results(workshop.rows(training))
        except SystemExit as locked:
            print(f"passed over: {locked}", flush=True)
            continue
        missing = [asking for _, asking in group if asking.name not in {row["asking"] for row in results.rows}]
        model, start = None, time.monotonic()
        for asking in missing:
            model = model or workshop.trained(training)
            row = workshop.asked(model, training, asking)
            results.append(row)
            print(f"{training.name} {asking.name}: {time.monotonic() - start:.0f} s", flush=True)
            yield row
            start = time.monotonic()
        results.close()
