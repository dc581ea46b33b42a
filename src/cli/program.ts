import { Command, InvalidArgumentError, Option } from 'commander';
import { levels } from '../analysis/finding.js';
import { usualKinds } from '../analysis/levels.js';
import { maskModes } from '../report/maskedCopy.js';
import type { EngineOptions } from './engineRun.js';
import { exitCode, UsageError, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { mergeCommand } from './mergeCommand.js';
import { streamOutput } from './output.js';
import { parseCount, parseKinds, parseProbability, parseShardOption, parseSize } from './optionValues.js';
import { packCheckCommand } from './packCommand.js';
import { maskCommand, type MaskCommandOptions } from './maskCommand.js';
import { reportCommand, type ReportCommandOptions } from './reportCommand.js';
import { formats } from './reportFormats.js';
import { scanCommand, type ScanCommandOptions } from './scanCommand.js';
import { schemaNames, schemaText, type SchemaName } from './schemaCommand.js';
import { scoreCommand, type ScoreCommandOptions } from './scoreCommand.js';
import { serveCommand, type ServeCommandOptions } from './serveCommand.js';

/** Files of more than 4 MiB are data rather than text that a person wrote; records are held one at a time. */
const defaultFileSize = 4 * 1024 * 1024;
const defaultLineSize = 16 * 1024 * 1024;

/** The command line, and the exit code of the command that it runs. */
export function createProgram(host: Host, ended: (code: ExitCode) => void): Command {
  const program = new Command('backfire')
    .description(
      'Finds training samples that show something bad inside a warning, and measures with an embedded\n' +
        'language model which of them would teach what they warn against. Works offline.',
    )
    .version(host.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
    })
    .showHelpAfterError('(--help shows the options)')
    .addHelpText(
      'after',
      `
Examples:
  backfire scan docs/ src/                          findings in the terminal, worst first
  backfire scan corpus.jsonl --format jsonl --output report.jsonl --resume
  git diff | backfire scan - --stdin-name x.md      standard input, read as Markdown
  backfire score samples.jsonl > scores.jsonl       one line out for each line in

Exit codes: 0 fine · 1 findings at or above --fail-on, or failed lines under --strict
            2 wrong usage or unusable model pack · 3 some of the input could not be read or
            scored, or the report not written · 130 interrupted, what was done is kept`,
    );

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
    .option(
      '--min-detection <p>',
      'leave out candidates that are less likely to be a demonstration',
      parseProbability,
      0.5,
    )
    .option(
      '--max-file-size <size>',
      'skip larger files and JSONL records (bytes, or 500k, 4M)',
      parseSize,
      defaultFileSize,
    )
    .option('--no-ignore', 'read what .gitignore lists, and node_modules')
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
    .action(async (paths: string[], options: ScanCommandOptions) =>
      ended(await scanCommand(paths, options, host)),
    );

  program
    .command('merge')
    .description(
      'join the reports of all shards of a scan into the one that a single machine would have written',
    )
    .argument('<output>', 'report to write; it grows in FILE.partial until it is whole')
    .argument('<input...>', 'reports of scan --shard 1/n … n/n')
    .action(async (output: string, inputs: string[]) => ended(await mergeCommand(output, inputs)));

  program
    .command('report')
    .description('write the report of an earlier scan in another format')
    .argument('<report>', 'report of `backfire scan --format jsonl`')
    .addOption(new Option('--format <format>', 'how it is written').choices(formats).default('pretty'))
    .option('--output <file>', 'write it there instead of standard output; a folder for dolma')
    .addOption(minLevelOption())
    .addOption(packOption())
    .addHelpText(
      'after',
      `
masks and dolma read the texts again, from the folder where the scan ran.

Examples:
  backfire report report.jsonl --format html --output report.html
  backfire report report.jsonl --format masks --output masks.jsonl --min-level high`,
    )
    .action(async (path: string, options: ReportCommandOptions) =>
      ended(await reportCommand(path, options, host)),
    );

  program
    .command('mask')
    .description('write a copy of a JSONL file for a trainer, masked or filtered by the findings of a report')
    .argument('<file>', 'the JSONL file (.gz too) as it was scanned')
    .requiredOption('--findings <report>', 'report of `backfire scan --format jsonl`')
    .requiredOption('--output <file>', 'the copy; it grows in FILE.partial until it is whole')
    .addOption(
      new Option('--mode <mode>', 'mask: each record gets the spans to mask; drop: records with some go')
        .choices(maskModes)
        .default('mask'),
    )
    .option('--field <name>', 'name of the new field', 'loss_mask_spans')
    .addOption(minLevelOption())
    .addHelpText(
      'after',
      `
The spans are [start, end) in code points, as Python counts them, each with the field of its string.

Example:
  backfire scan train.jsonl --format jsonl --output report.jsonl
  backfire mask train.jsonl --findings report.jsonl --output train.masked.jsonl`,
    )
    .action(async (path: string, options: MaskCommandOptions) =>
      ended(await maskCommand(path, options, host)),
    );

  program
    .command('score')
    .description('measure samples whose frame and payload are known: one line out for each line in, in order')
    .argument('<file>', 'JSONL of {text, frame?, payload?, language?, id?}; - for standard input')
    .option('--strict', 'exit with code 1 if a line could not be scored')
    .option('--tokens', 'add what each token contributes')
    .addOption(kindOption('give a level only to what warns against these'))
    .option('--max-line-size <size>', 'refuse longer lines', parseSize, defaultLineSize)
    .option('--quiet', 'no progress line')
    .addOption(packOption())
    .addOption(threadsOption())
    .addOption(noCacheOption())
    .addHelpText(
      'after',
      `
Spans are [start, end) in UTF-16 code units, as [start, end] or {"start":…, "end":…}; without a payload the whole
text is the payload. A line that cannot be scored gives a line with "error".

Example:
  echo '{"text":"Never do this:\\neval(input)","frame":[0,14],"payload":[15,26]}' | backfire score -`,
    )
    .action(async (path: string, options: ScoreCommandOptions) =>
      ended(await scoreCommand(path, options, host)),
    );

  program
    .command('serve')
    .description('answer JSONL requests on standard input until it ends')
    .requiredOption('--stdio', 'talk over standard input and output')
    .option('--window <n>', 'requests in flight before reading stops', parseCount, 64)
    .option('--max-line-size <size>', 'refuse longer requests', parseSize, defaultLineSize)
    .addOption(packOption())
    .addOption(threadsOption())
    .addOption(noCacheOption())
    .addHelpText(
      'after',
      `
Requests   {"id":1,"method":"score","params":{"text":…,"frame":…,"payload":…,"tokens":true}}
           {"id":2,"method":"scan","params":{"text":…,"path":"a.md","minLevel":"low"}}
           {"id":3,"method":"info"}   {"id":4,"method":"cancel","params":{"id":1}}
Answers    {"id":1,"result":…} or {"id":1,"error":{"code":…,"message":…}}, as they are done`,
    )
    .action(async (options: ServeCommandOptions) => ended(await serveCommand(options, host)));

  program
    .command('mcp')
    .description('answer agents over MCP on standard input and output: where findings are, never their text')
    .argument('[root...]', 'folders that may be read; the current one by default')
    .addOption(packOption())
    .addOption(threadsOption())
    .addOption(noCacheOption())
    .addHelpText(
      'after',
      `
Tools: backfire_scan (paths), backfire_explain (a fingerprint, or path and line). Only reads, and only in the roots.
What they answer, and how to set up clients, is in docs/agents.md.`,
    )
    .action(async (roots: string[], options: EngineOptions) => {
      // Here, not above: no other command should wait for it.
      const { mcpCommand } = await import('./mcpCommand.js');
      ended(await mcpCommand(roots, options, host));
    });

  program
    .command('pack')
    .description('look after model packs')
    .command('check')
    .description('verify hashes and shapes of a model pack')
    .argument('[folder]', 'folder of the pack; the embedded one by default')
    .action(async (folder: string | undefined) => ended(await packCheckCommand(folder, host)));

  program
    .command('schema')
    .description('print the JSON schema of report and input lines')
    .argument('[name]', schemaNames.join(' | '), parseSchemaName, 'finding')
    .action(async (name: SchemaName) => {
      await streamOutput(host.stdout).write(schemaText(name));
      ended(exitCode.ok);
    });

  return program;
}

function kindOption(description: string): Option {
  return new Option('--kind <kinds>', `${description}: names joined by commas, or all`)
    .argParser(parseKinds)
    .default(usualKinds, 'all but style');
}

function minLevelOption(): Option {
  return new Option('--min-level <level>', 'use findings from this level').choices(levels).default('low');
}

function packOption(): Option {
  return new Option('--pack <folder>', 'model pack to use instead of the embedded one');
}

function threadsOption(): Option {
  return new Option('--threads <n>', 'threads of the model; as many as cores by default').argParser(
    parseCount,
  );
}

function noCacheOption(): Option {
  return new Option('--no-cache', 'measure all anew, and keep no measures for the next run');
}

function parseSchemaName(value: string): SchemaName {
  const name = schemaNames.find((each) => each === value);
  if (name === undefined) throw new InvalidArgumentError(`Choose one of ${schemaNames.join(', ')}.`);
  return name;
}

/** The message of an error that ends a command: a person's words for what they can mend, all of it for the rest. */
export function errorText(error: unknown): string {
  if (error instanceof UsageError) return `backfire: ${error.message}\n`;
  return `backfire: ${error instanceof Error ? error.message : String(error)}\n`;
}
