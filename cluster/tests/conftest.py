import json
import os
import subprocess
from pathlib import Path

import pytest

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = ("node", str(REPOSITORY / "dist" / "cli.mjs"))
ARGUMENTS = ("corpus", "--min-level", "none")

GUIDE = """# Guide {number}

Never do this, it is open to injection:

```python
cursor.execute("SELECT * FROM t{number} WHERE name = '" + name + "'")
```
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with `corpus`, whose texts fall into several shards."""
    folder = tmp_path_factory.mktemp("scan")
    corpus = folder / "corpus"
    corpus.mkdir()
    for number in range(6):
        (corpus / f"guide{number}.md").write_text(GUIDE.format(number=number))
    records = [{"id": f"r{number}", "text": f"BAD: leaks memory\nchar *p{number} = malloc(8);"} for number in range(3)]
    (corpus / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    (corpus / "broken.jsonl").write_text('{"text": "torn\n')
    return folder


@pytest.fixture(scope="session")
def alone(folder, tmp_path_factory):
    """The lines of the report of one scan on one machine."""
    report = tmp_path_factory.mktemp("alone") / "report.jsonl"
    scan = [*COMMAND, "scan", *ARGUMENTS, "--format", "jsonl", "--quiet", "--no-cache", "--output", str(report)]
    assert subprocess.run(scan, cwd=folder).returncode == 3
    return lines_of(report)


def lines_of(report: Path) -> list[dict]:
    """The lines of a report without its times."""
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    for timed in [lines[-1], *lines[-1].get("stages", [])]:
        timed.pop("ms", None)
    return lines
