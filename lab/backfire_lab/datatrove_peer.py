"""datatrove with a regular expression over a folder of texts, as a contender of `npm run bench -- --corpus FOLDER`.

    python datatrove_peer.py FOLDER < WORDS    one word a line, then an empty one; each further line is a run

Answers each run with a line of JSON: how many documents were read, in how many a word stands, and the seconds of
processor. Stands alone, since it runs in an environment without the lab's packages.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import RegexFilter
from datatrove.pipeline.readers.base import BaseDiskReader
from datatrove.utils.logging import logger


class TextReader(BaseDiskReader):
    """A document for each file; datatrove has readers for packed formats only."""

    name = "Text"

    def read_file(self, filepath: str):
        with self.data_folder.open(filepath, "rt", encoding="utf-8", errors="replace") as file:
            document = self.get_document_from_dict({"text": file.read()}, filepath, 0)
        # Of a file without text it makes none.
        if document:
            yield document


def run(folder: str, pattern: str) -> dict[str, float]:
    counts = {"documents": 0, "passed": 0}

    def counted(name: str):
        def count(data, rank: int = 0, world_size: int = 1):
            for document in data:
                counts[name] += 1
                yield document

        return count

    steps = [TextReader(folder), counted("documents"), RegexFilter(pattern), counted("passed")]
    with tempfile.TemporaryDirectory() as logs:
        before = time.process_time()
        LocalPipelineExecutor(steps, tasks=1, workers=1, logging_dir=logs, skip_completed=False).run()
        processor = time.process_time() - before
    # The filter drops what it finds.
    found = counts["documents"] - counts["passed"]
    return {"documents": counts["documents"], "found": found, "processorSeconds": processor}


def main() -> None:
    # Its log of every file would be a good part of its time; a person would turn it off, too.
    logger.disable("datatrove")
    folder = sys.argv[1]
    words = [line.rstrip("\n") for line in iter(sys.stdin.readline, "\n")]
    pattern = "(?i)" + "|".join(map(re.escape, words))
    for _ in iter(sys.stdin.readline, ""):
        print(json.dumps(run(folder, pattern)), flush=True)


if __name__ == "__main__":
    main()
