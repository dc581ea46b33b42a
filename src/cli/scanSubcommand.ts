import { type Command, Option } from 'commander';
import { levels } from '../analysis/levelNames.js';
import {
  kindOption,
  maxFileSizeOption,
  minDetectionOption,
  noCacheOption,
  noIgnoreOption,
  packOption,
  threadsOption,
} from './commonOptions.js';
import { parseCount, parseShardOption } from './optionValues.js';
import { formats } from './reportFormats.js';
import type { ScanCommandOptions } from './scanCommand.js';

/** The options of a scan, which `serve` reads as well. */
export function scanSubcommand(
  program: Command,
  run: (paths: string[], options: ScanCommandOptions) => Promise<void>,
): void {
  program
    .command('scan')
    .description('look through files, folders, JSONL records or standard input (-)')
    .argument('<path...>', 'files and folders; - for standard input')
    .addOption(
      new Option('--format <format>', 'how the report is written').choices(formats).default('pretty'),
    )
    .option('--output <file>', 'write the report there; it grows in FILE.partial until it is whole')
    .option('--resume', 'go on with FILE.partial of an interrupted scan (jsonl)')
    .addOption(
      new Option('--min-level <level>', 'list findings from this level; none: every candidate')
        .choices(levels)
        .default('low'),
    )
    .addOption(
      new Option('--fail-on <level>', 'exit with code 1 on findings from this level').choices(levels),
    )
    .addOption(kindOption('list and count only what warns against these'))
    .addOption(minDetectionOption())
    .addOption(maxFileSizeOption())
    .addOption(noIgnoreOption())
    .option('--text-field <path>', 'field of records to look at, such as meta.text or messages[].content')
    .option('--stdin-name <name>', 'file name that chooses the format of standard input', '')
    .option('--unit-time <seconds>', 'time for the texts of one file, block or row group', parseCount, 300)
    .option('--shard <i/n>', 'look only at the i-th of n shares; merge joins the reports', parseShardOption)
    .option('--show-suppressed', 'list what backfire-ignore or the baseline suppresses, unmeasured')
    .option('--show-harmless', 'list warnings that show nothing, with the reason')
    .option('--baseline <file>', 'leave alone the findings that stand in this file')
    .option('--write-baseline <file>', 'write the findings of this scan as a baseline')
    .option('--changed-since <ref>', 'read only files that git says changed since this commit or branch')
    .option('--quiet', 'no progress line')
    .addOption(packOption())
    .addOption(
      new Option('--jobs <n>', 'engines side by side, about 0.8 GB each; they share the cores')
        .argParser(parseCount)
        .default(1),
    )
    .addOption(threadsOption())
    .addOption(noCacheOption())
    .addHelpText(
      'after',
      `
.gitignore files are respected, node_modules and version control are left out. What was skipped, and why, is in
every report. JSONL (also .gz, .zst), JSON arrays of records and Parquet are read record by record, whatever the size
of the file; notebooks (.ipynb) as one document. Without an extension the content tells.

Examples:
  backfire scan examples --min-level medium
  backfire scan . --format json --output findings.json --fail-on high
  backfire scan . --write-baseline baseline.json          what is there today is known …
  backfire scan . --baseline baseline.json --fail-on low  … and only what is new fails
  backfire scan data/*.jsonl --text-field messages[].content --format jsonl
  backfire scan data --shard 2/8 --format jsonl --output 2.jsonl`,
    )
    .action(run);
}
