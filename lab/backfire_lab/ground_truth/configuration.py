"""What a result depends on, saved beside it; a run goes on only under the configuration that it began with."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from backfire_lab.ground_truth.corpora import settings, summary
from backfire_lab.ground_truth.learner import PROTOCOL
from backfire_lab.ground_truth.plan import REPEATED, SEEDS
from backfire_lab.ground_truth.sample import Sample

PACKAGES = ("torch", "transformers", "peft", "tokenizers", "numpy")
MODEL_FILES = ("blocks.bin", "embedding.bin", "tokenizer.json")


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def configuration(pack: Path, filler: Path, samples: list[Sample]) -> dict:
    code = sorted(Path(__file__).parent.glob("*.py"))
    return {
        "fixed": {
            "protocol": asdict(PROTOCOL),
            "selection": settings(),
            "packages": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
            "model": {"pack": pack.name, **{name: file_hash(pack / name) for name in MODEL_FILES}},
            "filler_sha256": file_hash(filler),
        },
        "plan": {"seeds": list(SEEDS), "repeated": list(REPEATED)},
        "samples": summary(samples),
        "code": [{path.name: file_hash(path) for path in code}],
    }


def keep(path: Path, now: dict) -> dict:
    """Writes the configuration, or compares it with the one that is there; returns what is on disk then.

    SystemExit where a fixed part differs; the plan may change, since no row depends on which others there are. Code that changed in
    between is added to the list: a row made from another text than the code would now train on is refused by its hash, so such a change
    can't mix two meanings unseen.
    """
    if path.exists():
        before = json.loads(path.read_text())
        differing = [part for part in now["fixed"] if before["fixed"].get(part) != now["fixed"][part]]
        if differing:
            raise SystemExit(f"{path}: {', '.join(differing)} differ from the run that is there. Choose another --output.")
        code = before["code"] if before["code"][-1] == now["code"][-1] else before["code"] + now["code"]
        larger = max(before["samples"], now["samples"], key=lambda s: s["count"])
        now = {**now, "fixed": before["fixed"], "samples": larger, "code": code}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(now, indent=2) + "\n")
    return now
