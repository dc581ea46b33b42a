"""Builds a model pack from a Hugging Face folder and, if one is given, an autoencoder:

    python -m backfire_lab.models MODEL --out FOLDER [--sae PATH]

MODEL holds config.json, safetensors and tokenizer.json of a Llama, Qwen 2 or 3, Gemma 2 or 3. PATH is a folder in SAELens' or
sparsify's form, or Gemma Scope's params.npz. See docs/models.md.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from backfire_lab.models.build import Wanted, build
from backfire_lab.models.stored import PRECISIONS


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m backfire_lab.models", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path, help="folder of the model")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pack; must not be there yet")
    parser.add_argument("--name", help="of the pack (default: name of the model's folder)")
    parser.add_argument("--sae", type=Path, help="the autoencoder")
    parser.add_argument("--hook", help="what the autoencoder reads, where it does not say so: blocks.20.hook_resid_post")
    parser.add_argument("--layer", type=int, help="L of resid L, counted from 1 (default: what the autoencoder reads, or half depth)")
    parser.add_argument("--weights", choices=PRECISIONS, default="q8", help="how matrices are stored (default: q8)")
    parser.add_argument("--window", type=int, default=2048, help="tokens of the longest run (default: 2048)")
    parser.add_argument("--kernel-layer", type=int, help="blocks after it are run backwards (default: a quarter of the depth)")
    parser.add_argument("--saturation", type=float, help="constant of the taught measure (default: the embedded model's, by width)")
    parser.add_argument("--sink-norm", type=float, help="tokens with a longer residual have no features (default: measured)")
    for whose in ("", "sae-"):
        parser.add_argument(f"--{whose}licence", default="not stated", help="told by the pack")
        parser.add_argument(f"--{whose}origin", help="told by the pack (default: name of the folder)")
    parser.add_argument("--compare", action="store_true", help="also run the model in transformers, and print how far the pack is off")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    options = vars(parse(arguments))
    command = shlex.join(["python", "-m", "backfire_lab.models", *arguments])
    print(build(Wanted(**options, command=command)))


if __name__ == "__main__":
    main(sys.argv[1:])
