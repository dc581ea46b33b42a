import { Command, InvalidArgumentError, Option } from 'commander';
import { maskModes } from '../report/copyOptions.js';
import type { EngineOptions } from './engineRun.js';
import { exitCode, UsageError, type ExitCode } from './exitCode.js';
import { featureSubcommands } from './featureSubcommands.js';
import type { Host } from './host.js';
import { mergeCommand } from './mergeCommand.js';
import { streamOutput } from './output.js';
import { parseCount, parseSize } from './optionValues.js';
import { packCheckCommand, packImportCommand } from './packCommand.js';
import { maskCommand, type MaskCommandOptions } from './maskCommand.js';
import { reportCommand, type ReportCommandOptions } from './reportCommand.js';
import { formats } from './reportFormats.js';
import {
  kindOption,
  maxFileSizeOption,
  minDetectionOption,
  minLevelOption,
  noCacheOption,
  noIgnoreOption,
  packOption,
  threadsOption,
} from './commonOptions.js';
import { planCommand, type PlanCommandOptions } from './planCommand.js';
import { scanCommand } from './scanCommand.js';
import { scanSubcommand } from './scanSubcommand.js';
import { schemaNames, schemaText, type SchemaName } from './schemaCommand.js';
import { scoreCommand, type ScoreCommandOptions } from './scoreCommand.js';
import { serveCommand, type ServeCommandOptions } from './serveCommand.js';

const defaultLineSize = 16 * 1024 * 1024;

/** The command line, the exit code of the command that it runs, and the text of help or version where that is asked for. */
export function createProgram(
  host: Host,
  ended: (code: ExitCode) => void,
  told: (text: string) => void,
): Command {
  const program = new Command('backfire')
    .description(
      'Finds training samples that show something bad inside a warning, and measures with an embedded\n' +
        'language model which of them would teach what they warn against. Works offline.',
    )
    .version(host.version)
    .exitOverride()
    .configureOutput({
      writeOut: told,
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
  backfire features "os.system(command)"            which features are active at its tokens

Exit codes: 0 fine · 1 findings at or above --fail-on, or failed lines under --strict
            2 wrong usage or unusable model pack · 3 some of the input could not be read or
            scored, or the report not written · 130 interrupted, what was done is kept`,
    );

  scanSubcommand(program, async (paths, options) => ended(await scanCommand(paths, options, host)));

  program
    .command('plan')
    .description('read a sample of a corpus, and forecast what a scan of all of it takes')
    .argument('<path...>', 'files and folders')
    .addOption(
      new Option('--format <format>', 'how the forecast is written')
        .choices(['pretty', 'json'])
        .default('pretty'),
    )
    .option('--pieces <n>', 'files, or stretches of 1 MiB of JSONL, to read', parseCount, 200)
    .option('--seed <n>', 'chooses the pieces', parseCount, 1)
    .option('--rate <tokens>', 'tokens a second on one core, instead of timing the model', parseCount)
    .option('--text-field <path>', 'field of records to look at, as for scan')
    .addOption(minDetectionOption())
    .addOption(maxFileSizeOption())
    .addOption(noIgnoreOption())
    .option('--quiet', 'no progress line')
    .addOption(packOption())
    .addHelpText(
      'after',
      `
Compressed files and Parquet are read whole, if chosen. Intervals are 90 %, from drawing pieces with replacement.

Example:
  backfire plan data/ --pieces 500 --format json`,
    )
    .action(async (paths: string[], options: PlanCommandOptions) =>
      ended(await planCommand(paths, options, host)),
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
    .description(
      'write a copy of a JSONL or Parquet file for a trainer, masked or filtered by the findings of a report',
    )
    .argument('<file>', 'the JSONL (.gz, .zst too) or Parquet file as it was scanned')
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

  featureSubcommands(program, host, ended);

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
           {"id":5,"method":"scanShard","params":{"args":["data","--shard","1/8","--output","1.jsonl"]}}
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

  const pack = program.command('pack').description('look after model packs');
  pack
    .command('check')
    .description('verify hashes and shapes of a model pack')
    .argument('[folder]', 'folder of the pack; the embedded one by default')
    .action(async (folder: string | undefined) => ended(await packCheckCommand(folder, host)));
  pack
    .command('import')
    .description("copy a model pack into the user's data folder and check the copy")
    .argument('<folder>', 'folder of the pack')
    .action(async (folder: string) => ended(await packImportCommand(folder, host)));

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
