"""Exact deduplication by windows of lines: licence headers, vendored files and copied passages are kept once."""

from __future__ import annotations

import hashlib

WINDOW = 4  # lines with a letter or digit in them, without their indentation
SHORTEST = 200  # characters of a piece that is worth keeping


class Repeats:
    """Remembers the windows of all the texts that it has seen."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()

    def pieces(self, text: str) -> list[str]:
        """The text's stretches of lines that stand in no window seen before; from then on, these are seen too."""
        lines = text.splitlines(keepends=True)
        solid = [i for i, line in enumerate(lines) if any(map(str.isalnum, line))]
        windows = [(digest(lines, solid[i : i + WINDOW]), solid[i], solid[i + WINDOW - 1]) for i in range(len(solid) - WINDOW + 1)]
        repeated = [False] * len(lines)
        for window, first, last in windows:
            if window in self.seen:
                repeated[first : last + 1] = [True] * (last + 1 - first)
        self.seen.update(window for window, _, _ in windows)
        stretches, current = [], []
        for line, known in zip([*lines, ""], [*repeated, True]):
            if not known:
                current.append(line)
            elif current:
                stretches.append("".join(current))
                current = []
        return [stretch for stretch in stretches if len(stretch.strip()) >= SHORTEST]


def digest(lines: list[str], chosen: list[int]) -> bytes:
    return hashlib.blake2b("\n".join(lines[i].strip() for i in chosen).encode(), digest_size=8).digest()
