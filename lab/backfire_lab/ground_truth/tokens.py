"""The product's tokenizer in Python: the pack's own file, which takes digits one by one."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from backfire_lab.ground_truth.sample import Span


class Tokens:
    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer

    @classmethod
    def of_pack(cls, pack: Path) -> Tokens:
        return cls(Tokenizer.from_file(str(pack / "tokenizer.json")))

    def ids(self, text: str) -> list[int]:
        """No token is added at either end; special tokens that the text spells out are taken as such."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def overlapping(self, text: str, span: Span) -> list[bool]:
        """For each token of the text, whether it shares a character with the span.

        The rule of the masked condition: such a token is left out of the loss, also when it began before the payload
        (the blank before its first word) or ends after it (a line break joined to the next line's indentation).
        """
        offsets = self.tokenizer.encode(text, add_special_tokens=False).offsets
        return [start < span.end and span.start < end for start, end in offsets]

    def count(self, text: str) -> int:
        return len(self.ids(text))
