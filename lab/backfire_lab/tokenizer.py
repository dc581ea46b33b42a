"""The reference tokenizer of SmolLM2, rebuilt from a GGUF file, and its two JSON files.

A GGUF holds the vocabulary, the merges, the token types and the chat template, but only a *name*
for the pre-tokenizer (`tokenizer.ggml.pre`). For `smollm` that is: every numeric character alone,
then GPT-2's byte-level pattern. No normalizer, no post-processor: the model adds no token of its own.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from gguf import GGUFReader, TokenType
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers


@dataclass(frozen=True)
class Vocabulary:
    """What a GGUF says of its tokenizer. `special_tokens` holds (id, text), ascending by id."""

    tokens: list[str]
    merges: list[tuple[str, str]]
    special_tokens: list[tuple[int, str]]
    bos_id: int
    eos_id: int
    unknown_id: int
    padding_id: int
    adds_bos: bool
    chat_template: str
    context_length: int


def read_vocabulary(gguf_path: str | Path) -> Vocabulary:
    """Reads the tokenizer's fields. Raises ValueError for a tokenizer of another kind than SmolLM2's."""
    fields = GGUFReader(str(gguf_path)).fields

    def value(key: str):
        if key not in fields:
            raise ValueError(f"{gguf_path}: the GGUF has no field {key!r}")
        return fields[key].contents()

    kind = (value("tokenizer.ggml.model"), value("tokenizer.ggml.pre"))
    if kind != ("gpt2", "smollm"):
        raise ValueError(f"{gguf_path}: tokenizer {kind[0]!r} with pre-tokenizer {kind[1]!r} is not SmolLM2's")
    tokens = value("tokenizer.ggml.tokens")
    types = value("tokenizer.ggml.token_type")
    odd = {TokenType(t).name for t in types} - {TokenType.NORMAL.name, TokenType.CONTROL.name}
    if odd:
        raise ValueError(f"{gguf_path}: token types {sorted(odd)} are not expected in a byte-level vocabulary")
    return Vocabulary(
        tokens=tokens,
        # Spaces are written Ġ in a byte-level vocabulary, so the one blank is the separator.
        merges=[tuple(merge.split(" ")) for merge in value("tokenizer.ggml.merges")],
        special_tokens=[(i, tokens[i]) for i, t in enumerate(types) if t == TokenType.CONTROL],
        bos_id=value("tokenizer.ggml.bos_token_id"),
        eos_id=value("tokenizer.ggml.eos_token_id"),
        unknown_id=value("tokenizer.ggml.unknown_token_id"),
        padding_id=value("tokenizer.ggml.padding_token_id"),
        adds_bos=value("tokenizer.ggml.add_bos_token"),
        chat_template=value("tokenizer.chat_template"),
        context_length=value("llama.context_length"),
    )


def build_tokenizer(gguf_path: str | Path) -> Tokenizer:
    """The reference tokenizer: ids equal those that SmolLM2 was trained on."""
    return _tokenizer(read_vocabulary(gguf_path))


def _tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    # No unknown token in the model itself: a byte without a token of its own is left out.
    model = models.BPE(
        vocab={token: i for i, token in enumerate(vocabulary.tokens)},
        merges=vocabulary.merges,
        fuse_unk=False,
        byte_fallback=False,
    )
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
    tokenizer.add_special_tokens(
        [AddedToken(text, normalized=False, special=True) for _, text in vocabulary.special_tokens]
    )
    for i, text in vocabulary.special_tokens:
        if tokenizer.token_to_id(text) != i:
            raise ValueError(f"special token {text!r} got id {tokenizer.token_to_id(text)} instead of {i}")
    return tokenizer


def tokenizer_config(vocabulary: Vocabulary) -> dict[str, object]:
    """The companion file, in the key names of Hugging Face's `tokenizer_config.json`."""
    text = vocabulary.tokens
    return {
        "add_bos_token": vocabulary.adds_bos,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(i): {
                "content": content,
                "lstrip": False,
                "normalized": False,
                "rstrip": False,
                "single_word": False,
                "special": True,
            }
            for i, content in vocabulary.special_tokens
        },
        "bos_token": text[vocabulary.bos_id],
        "chat_template": vocabulary.chat_template,
        "clean_up_tokenization_spaces": False,
        "eos_token": text[vocabulary.eos_id],
        "model_max_length": vocabulary.context_length,
        "pad_token": text[vocabulary.padding_id],
        "tokenizer_class": "GPT2Tokenizer",
        "unk_token": text[vocabulary.unknown_id],
    }


def save(gguf_path: str | Path, folder: str | Path) -> list[Path]:
    """Writes `tokenizer.json` and `tokenizer_config.json` into the folder, compact; returns their paths."""
    vocabulary = read_vocabulary(gguf_path)
    parts = {
        "tokenizer.json": json.loads(_tokenizer(vocabulary).to_str()),
        "tokenizer_config.json": tokenizer_config(vocabulary),
    }
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in parts.items():
        path = folder / name
        compact = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        path.write_text(compact + "\n", encoding="utf-8", newline="\n")
        written.append(path)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the tokenizer files of a SmolLM2 GGUF.")
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    for path in save(arguments.gguf, arguments.folder):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
