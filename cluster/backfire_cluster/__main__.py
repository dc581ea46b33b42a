"""`python -m backfire_cluster scan PATH… --output FOLDER`: the scan of the command line, on a Ray cluster."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from .scan import ScanError, scan, start_ray
from .shard_scanner import ScanJob

REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    options, scan_options = parser().parse_known_args()
    output = Path(options.output).resolve()
    job = ScanJob(
        command=tuple(shlex.split(options.backfire)),
        serve_options=("--threads", str(options.threads), *(["--no-cache"] if options.no_cache else [])),
        folder=os.getcwd(),
        arguments=(*options.path, *scan_options),
        shards=options.shards,
        reports=str(output / "shards"),
    )
    start_ray(options.address, options.cpus)
    try:
        result = scan(
            job,
            output,
            threads=options.threads,
            actors=options.actors,
            progress=lambda text: print(text, file=sys.stderr, flush=True),
        )
    except ScanError as error:
        print(f"backfire: {error}", file=sys.stderr)
        return 3
    print(result.report)
    return result.code


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m backfire_cluster", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser(
        "scan",
        help="scan on a cluster",
        epilog="All other options are those of `backfire scan`, such as --min-level none or --text-field meta.text.",
    )
    command.add_argument("path", nargs="+", help="files and folders that every machine sees under the same name")
    command.add_argument("--output", required=True, help="folder for report.jsonl and the shards' reports")
    command.add_argument("--address", help="`auto`, or the address of a cluster; without it Ray starts on this machine")
    command.add_argument("--shards", type=int, default=64, help="pieces of work; several for each actor (64)")
    command.add_argument("--actors", type=int, help="engines; as many as processors and memory allow")
    command.add_argument("--threads", type=int, default=1, help="threads, and processors, of an engine (1)")
    command.add_argument("--cpus", type=int, help="processors that a local Ray may use; all by default")
    command.add_argument("--no-cache", action="store_true", help="measure all anew")
    command.add_argument(
        "--backfire",
        default=f"node {shlex.quote(str(REPOSITORY / 'dist' / 'cli.mjs'))}",
        help="how Backfire is called on every machine (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
