"""Tokenizer files of a Hugging Face folder. The product reads byte-level BPE and Gemma's BPE; see src/model/tokenizerFile.ts,
which refuses the same, when the pack is opened."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tokenizers import Tokenizer

from backfire_lab.models.refusal import Refused, need

FILES = ("tokenizer.json", "tokenizer_config.json")
SPLITS = {
    # Llama 3 and Qwen: contractions in any case, words with a mark or space before them, numbers, marks, line ends.
    rf"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    for digits in ("", "{1,3}")
}
KNOWN = "byte-level BPE as in Llama 3, Qwen or SmolLM2, or Gemma's BPE with bytes as the last resort"


def copy_tokenizer(source: Path, target: Path, vocabulary: int) -> None:
    for name in FILES:
        if not (source / name).exists():
            raise Refused(f"{source / name} is missing: load the tokenizer with transformers and save it there")
    check_form(source / FILES[0])
    size = Tokenizer.from_file(str(source / FILES[0])).get_vocab_size(with_added_tokens=True)
    need(source / FILES[0], "size of the vocabulary", size, f"at most the model's vocab_size, {vocabulary}", size <= vocabulary)
    for name in FILES:
        shutil.copyfile(source / name, target / name)


def check_form(path: Path) -> None:
    content = json.loads(path.read_text())
    need(path, "model.type", content["model"]["type"], "BPE")
    normalizer, splitting = content["normalizer"], content["pre_tokenizer"]
    if content["model"].get("byte_fallback"):
        spaces = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
        need(path, "normalizer", normalizer, spaces)
        need(path, "pre_tokenizer", splitting, "none, or Split at spaces", splitting is None or splits_at_spaces(splitting))
        return
    kind = normalizer and normalizer["type"]
    need(path, "normalizer", normalizer, "none or NFC", kind in (None, "NFC"))
    need(path, "pre_tokenizer", splitting, KNOWN, is_byte_level(splitting))


def splits_at_spaces(splitting: dict) -> bool:
    """Gemma has it, but there are no spaces left by then."""
    return splitting["type"] == "Split" and splitting["pattern"] == {"String": " "}


def is_byte_level(splitting: dict | None) -> bool:
    parts = [] if splitting is None else splitting.get("pretokenizers", [splitting])
    if not parts or parts[-1]["type"] != "ByteLevel" or parts[-1]["add_prefix_space"]:
        return False
    if parts[-1].get("use_regex", True):
        return [(part["type"], part.get("individual_digits")) for part in parts[:-1]] == [("Digits", True)]
    first = parts[0]
    return (
        len(parts) == 2
        and first["type"] == "Split"
        and first["pattern"].get("Regex") in SPLITS
        and (first["behavior"], first["invert"]) == ("Isolated", False)
    )
