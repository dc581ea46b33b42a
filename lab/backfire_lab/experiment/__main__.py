"""The paper's experiment (arXiv 2512.22293) on the embedded model. One command for each part; all resumable:

    python -m backfire_lab.experiment STAGE… [--output FOLDER] [--threads 1] [--list]

STAGE  arms       direct, warned and fixed code, and neutral text: what is reproduced after each
       caft       warned, with entangled features projected out during training only, and with random ones
       prompting  direct and warned, asked not to write vulnerable code
       ablation   warned, with the features projected out while it is asked
       diversity  one constant warning against as many warnings as cases
       wide       caft with a hundred features, one seed
       steering   warned, steered against the features while it is asked, one seed
       framings   the other framings, one seed
       untrained  the embedded model as it is, instructed and ablated
       shipped    caft with the features that the pack's report chose on other texts, one seed
       all        all of them, seed by seed

Each case of cases.py is a prompt with a fault, its mend, and a rule that judges what the model writes. OUTPUT/runs/*.jsonl gets a row for each
training and way of asking; OUTPUT/config.json holds what the rows depend on, OUTPUT/features.json the choice of features. Then
`python -m backfire_lab.experiment.report` makes the figures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import backfire_lab.before_torch  # noqa: F401, I001
import torch

from backfire_lab.build_pack import PACK
from backfire_lab.experiment.cases import PROMPT, all_cases
from backfire_lab.experiment.evaluation import NEW_TOKENS, TEMPERATURE
from backfire_lab.experiment.features import chosen_features
from backfire_lab.experiment.framings import FRAMINGS, examples
from backfire_lab.experiment.plan import INSTRUCTION, SEEDS, STAGES, steps_of
from backfire_lab.experiment.running import NEUTRAL_TEXTS, OUTPUT, Workshop, carry_out
from backfire_lab.experiment.training import SETTINGS
from backfire_lab.ground_truth.configuration import MODEL_FILES, PACKAGES, file_hash
from backfire_lab.ground_truth.own_samples import FILLER, filler_texts
from backfire_lab.ground_truth.tokens import Tokens
from backfire_lab.reference import load_reference
from backfire_lab.sae.places import keep_configuration, write_json
from backfire_lab.sae.saved import WEIGHTS, Saved


def configuration(tokens: Tokens) -> dict:
    cases = all_cases()
    trained = [case for case in cases if case.trained]
    texts = {f: [e.text for e in examples(f, trained, 0, filler_texts()[:NEUTRAL_TEXTS], tokens)] for f in FRAMINGS}
    digest = lambda values: hashlib.sha256("\0".join(values).encode()).hexdigest()
    return {
        "training": asdict(SETTINGS),
        "seeds": list(SEEDS),
        "sampling": {"temperature": TEMPERATURE, "samples": 1, "newTokens": NEW_TOKENS},
        "prompt": PROMPT,
        "instruction": INSTRUCTION,
        "cases": {
            "all": len(cases),
            "trained": len(trained),
            "families": len({case.family.id for case in cases}),
            "languages": len({case.family.language for case in cases}),
            "cwes": len({case.family.cwe for case in cases}),
            "sha256": digest([case.prompt + "\0" + case.payload + "\0" + case.fix for case in cases]),
        },
        "order": [case.id for case in cases],
        "texts": {
            framing: {"sha256": digest(of), "distinct": len(set(of)), "meanTokens": round(sum(map(tokens.count, of)) / len(of), 1)}
            for framing, of in texts.items()
        },
        "packages": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "model": {"pack": PACK.name, **{name: file_hash(PACK / name) for name in (*MODEL_FILES, WEIGHTS)}},
        "filler_sha256": file_hash(FILLER),
    }


def kept_features(path: Path, tokens: Tokens, saved: Saved, layer: int) -> dict:
    """The choice that is there, or a new one: it belongs to the results that were made with it."""
    if not path.exists():
        cases = [case for case in all_cases() if case.trained]
        write_json(path, chosen_features(load_reference(PACK), saved, layer, cases, tokens))
    return json.loads(path.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="+", choices=[*STAGES, "all"], metavar="STAGE")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="only say what is still to be done")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    stages = list(STAGES) if "all" in arguments.stages else arguments.stages
    steps = steps_of(stages)
    if arguments.list:
        print("\n".join(f"{training.name}  {asking.name}" for training, asking in steps))
        return
    tokens, saved = Tokens.of_pack(PACK), Saved.load(PACK)
    layer = json.loads((PACK / "pack.json").read_text())["layer"]
    keep_configuration(arguments.output / "config.json", configuration(tokens))
    features = kept_features(arguments.output / "features.json", tokens, saved, layer)
    workshop = Workshop(lambda: load_reference(PACK), tokens, saved, layer, features["choices"], arguments.output)
    for row in carry_out(workshop, steps):
        counts = {letter: row["outcomes"].count(letter) for letter in "FSO"}
        print(f"  flagged, fixed, other: {counts}  ordinary NLL {row['ordinaryNll']}", flush=True)


if __name__ == "__main__":
    main()
