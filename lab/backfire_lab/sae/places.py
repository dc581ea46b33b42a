"""Where the steps leave what they make. Texts, activations and weights stay outside the repository."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from backfire_lab.build_pack import PACK, ROOT

RESULTS = ROOT / "lab" / "results" / "sae"
PACKAGE_LIST = ROOT / "lab" / "data" / "sae-packages.json"


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "backfire-lab" / "sae"


def saved_autoencoder(name: str) -> tuple[Path, dict]:
    """The folder, in SAELens' form, of an autoencoder in the cache or in the pack, and the configuration it was trained with."""
    folder = cache() / "autoencoders" / name
    if (folder / "cfg.json").exists():
        return folder, json.loads((folder / "config.json").read_text())
    shipped = json.loads((RESULTS / "shipped.json").read_text())["name"]
    if name == shipped:
        return PACK, json.loads((RESULTS / f"{name}.json").read_text())["configuration"]
    raise SystemExit(f"{folder}: no trained autoencoder is there. The one in the pack is {shipped}.")


def share(*names: str) -> float:
    """A number in [0, 1) that depends on the names alone: choices made by it stay when others come or go."""
    return int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest()[:8], "big") / 2**64


def write_text(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)


def write_json(path: Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=1) + "\n")


def keep_configuration(path: Path, now: dict) -> None:
    """Writes the configuration of a run. SystemExit where the run that is there began with another one."""
    now = json.loads(json.dumps(now))
    if path.exists():
        before = json.loads(path.read_text())
        for name in sorted(before.keys() | now.keys()):
            if before.get(name) != now.get(name):
                raise SystemExit(
                    f"{path}: {name} is {before.get(name)!r} there and {now.get(name)!r} now. "
                    f"Move {path.parent} away, or go on with its settings."
                )
    write_json(path, now)
