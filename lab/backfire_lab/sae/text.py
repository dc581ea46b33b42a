"""Collects the text that the autoencoder learns from:

    python -m backfire_lab.sae.text [--packages FILE] [--processes 2]

Fetches the packages of lab/data/sae-packages.json into the cache, takes documents from them, drops what is repeated, puts some
into chat form, cuts all into token sequences and writes train.npz and held-out.npz into the cache and the manifest into
lab/results/sae/text.json and text-packages.jsonl. Held-out packages come first, so a passage that they share with others is missing there, not here.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from tokenizers import Tokenizer

from backfire_lab.build_pack import PACK
from backfire_lab.ground_truth.configuration import file_hash
from backfire_lab.sae.conversations import conversation
from backfire_lab.sae.documents import Document, documents
from backfire_lab.sae.packages import Package, archives, fetch, licences, listed, members
from backfire_lab.sae.places import PACKAGE_LIST, RESULTS, cache, write_json, write_text
from backfire_lab.sae.repeats import Repeats
from backfire_lab.sae.sequences import KINDS, Sequences, arrange

BUDGET = {"code": 50_000, "documentation": 50_000}  # characters of a package
BUDGET_OF_GROUP = {"documentation": {"code": 20_000, "documentation": 200_000}, "book": {"code": 0, "documentation": 250_000}}
SEED = 16


def read(package: Package) -> tuple[list[Document], dict]:
    """The documents of one package, and its line of the manifest."""
    folder = cache() / "packages"
    files = list(members(package, folder))
    line = {
        "package": str(package),
        "group": package.group,
        "heldOut": package.held_out,
        "licences": licences(package, files),
        "sha256": {path.name: file_hash(path) for path in archives(package, folder)},
    }
    return documents(package.name, files, BUDGET_OF_GROUP.get(package.group, BUDGET)), line


def texts_of(package: Package, found: list[Document], repeats: Repeats) -> Iterator[Document]:
    """What is not repeated of the documents; some of it as conversations."""
    for document in found:
        for piece in repeats.pieces(document.text):
            part = replace(document, text=piece)
            yield conversation(package.name, part) or part


def tokens_of_packages(splits: list[Sequences], count: int) -> list[Counter]:
    tokens = [Counter() for _ in range(count)]
    for split in splits:
        for i in range(len(split)):
            tokens[split.packages[i]][KINDS[split.kinds[i]]] += len(split.of(i))
    return tokens


def summary(lines: list[dict]) -> dict:
    total = lambda held_out: dict(sum((Counter(line["tokens"]) for line in lines if line["heldOut"] is held_out), Counter()))
    languages = sum((Counter(line["bytesOfLanguage"]) for line in lines), Counter())
    count = Counter((line["group"], line["heldOut"]) for line in lines)
    return {
        "tokens": {"train": total(False), "heldOut": total(True)},
        "bytesOfLanguage": dict(languages.most_common()),
        "packages": {group: {"train": count[group, False], "heldOut": count[group, True]} for group, _ in sorted(count)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, default=PACKAGE_LIST, help="the list of packages")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    wanted = listed(arguments.packages)
    packages = sorted(fetch(wanted, cache()), key=lambda package: not package.held_out)
    repeats, lines, texts = Repeats(), [], {True: [], False: []}
    with ProcessPoolExecutor(arguments.processes) as pool:
        for package, (found, line) in zip(packages, pool.map(read, packages)):
            languages = Counter()
            for text in texts_of(package, found, repeats):
                texts[package.held_out].append((text.kind, len(lines), text.text))
                languages[text.language] += len(text.text.encode())
            lines.append({**line, "bytesOfLanguage": dict(sorted(languages.items()))})
            print(f"{len(lines)}/{len(packages)} {package}: {sum(languages.values())} bytes", flush=True)
    tokenizer = Tokenizer.from_file(str(PACK / "tokenizer.json"))
    splits = {name: arrange(texts[held_out], tokenizer, SEED) for name, held_out in (("train", False), ("held-out", True))}
    for name, split in splits.items():
        split.save(cache() / f"{name}.npz")
    for line, tokens in zip(lines, tokens_of_packages(list(splits.values()), len(lines))):
        line["tokens"] = dict(sorted(tokens.items()))
    gone = [str(package) for package in wanted if package not in packages]
    manifest = {"summary": summary(lines), "seed": SEED, "budget": BUDGET, "budgetOfGroup": BUDGET_OF_GROUP, "notServed": gone}
    write_json(RESULTS / "text.json", manifest)
    write_text(RESULTS / "text-packages.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    print(manifest["summary"])


if __name__ == "__main__":
    main()
