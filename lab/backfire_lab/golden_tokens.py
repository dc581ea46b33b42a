"""Golden token ids and offsets from the reference implementation (Hugging Face `tokenizers`, in Rust).

`texts`    reads test/golden/texts.jsonl, writes test/golden/tokens.jsonl: {id, ids, starts?, ends?}.
`corpora`  reads {id, text} records of JSONL files, writes one {id, sha256} a text: the hash of the ids as
           comma-joined decimals, so that neither text nor ids of others enter the project.

Both read the pack's tokenizer.json, which `backfire_lab.tokenizer` writes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

GOLDEN = Path(__file__).resolve().parents[2] / "test" / "golden"


def read_records(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def write_records(path: Path, records: Iterable[dict]) -> int:
    lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records]
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return len(lines)


def well_formed(text: str) -> str:
    """Rust has no lone surrogates: each stands as U+FFFD, which takes one UTF-16 unit as well."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def utf16_positions(text: str) -> list[int]:
    """UTF-16 position of each code point's start, and of the text's end."""
    positions = [0]
    for character in text:
        positions.append(positions[-1] + (2 if ord(character) > 0xFFFF else 1))
    return positions


def golden(tokenizer: Tokenizer, record: dict) -> dict:
    text = well_formed(record["text"])
    encoding = tokenizer.encode(text, add_special_tokens=False)
    result: dict = {"id": record["id"], "ids": encoding.ids}
    if not leaves_bytes_out(tokenizer, text):
        at = utf16_positions(text)
        result["starts"] = [at[start] for start, _ in encoding.offsets]
        result["ends"] = [at[end] for _, end in encoding.offsets]
    return result


def leaves_bytes_out(tokenizer: Tokenizer, text: str) -> bool:
    """Whether the vocabulary lacks a byte of the text; after one, the reference's offsets within the pre-token are off."""
    byte_level = ByteLevel(add_prefix_space=False, use_regex=False)
    spelling = "".join(part for part, _ in byte_level.pre_tokenize_str(text))
    return any(tokenizer.token_to_id(letter) is None for letter in set(spelling))


def write_text_goldens(tokenizer: Tokenizer) -> None:
    records = list(read_records(GOLDEN / "texts.jsonl"))
    if len({record["id"] for record in records}) != len(records):
        raise ValueError("texts.jsonl: an id occurs twice")
    count = write_records(GOLDEN / "tokens.jsonl", (golden(tokenizer, record) for record in records))
    print(f"{count} texts")


def write_corpora_hashes(tokenizer: Tokenizer, files: list[Path]) -> None:
    def hashes() -> Iterator[dict]:
        for path in sorted(files):
            for record in read_records(path):
                ids = tokenizer.encode(well_formed(record["text"]), add_special_tokens=False).ids
                digest = hashlib.sha256(",".join(map(str, ids)).encode("ascii")).hexdigest()
                yield {"id": record["id"], "sha256": digest}

    print(f"{write_records(GOLDEN / 'corpora-hashes.jsonl', hashes())} hashes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, required=True, help="the pack's tokenizer.json")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("texts")
    commands.add_parser("corpora").add_argument("files", type=Path, nargs="+")
    arguments = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(arguments.tokenizer))
    if arguments.command == "texts":
        write_text_goldens(tokenizer)
    else:
        write_corpora_hashes(tokenizer, arguments.files)


if __name__ == "__main__":
    main()
