import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readTokenizer } from '../model/packTokenizer.js';
import { loadPack } from '../model/pack.js';
import { ablationSpec } from '../report/ablationSpec.js';
import { csvReport } from '../report/csvReport.js';
import { dolmaReport } from '../report/dolmaReport.js';
import { htmlReport } from '../report/htmlReport.js';
import { jsonlReport } from '../report/jsonlReport.js';
import { jsonReport } from '../report/jsonReport.js';
import { masksReport } from '../report/masksReport.js';
import { createPalette, wantsColour } from '../report/palette.js';
import { prettyReport } from '../report/prettyReport.js';
import type { ReportWriter, WriteText } from '../report/reportWriter.js';
import { sarifReport, type RulePage } from '../report/sarifReport.js';
import { UsageError } from './exitCode.js';
import type { Host } from './host.js';
import { fileOutput, folderOutput, streamOutput, type FolderOutput, type Output } from './output.js';
import { packageRoot } from './paths.js';

/** Where a report goes, and what it is made with. */
export interface ReportTarget {
  readonly host: Host;
  /** File or folder; standard output without one. */
  readonly output?: string | undefined;
  readonly packFolder: string;
}

interface StreamFormat {
  readonly kind: 'stream';
  create(write: WriteText, target: ReportTarget): ReportWriter;
}

interface FolderFormat {
  readonly kind: 'folder';
  create(folder: FolderOutput): ReportWriter;
}

const stream = (create: StreamFormat['create']): StreamFormat => ({ kind: 'stream', create });

const formatTable = {
  pretty: stream((write, { host, output }) => {
    const isTerminal = output === undefined && host.stdout.isTTY === true;
    const columns = Math.min(120, Math.max(60, (isTerminal ? host.stdout.columns : undefined) ?? 100));
    return prettyReport(write, {
      columns,
      palette: createPalette(wantsColour(isTerminal, host.environment)),
    });
  }),
  json: stream(jsonReport),
  jsonl: stream(jsonlReport),
  sarif: stream((write) => sarifReport(write, rulePage)),
  html: stream((write) => htmlReport(write, readPageAssets)),
  csv: stream(csvReport),
  masks: stream((write, { packFolder }) => {
    let tokenizer: ReturnType<typeof namedTokenizer> | undefined;
    return masksReport(write, () => (tokenizer ??= namedTokenizer(packFolder)));
  }),
  ablation: stream((write, { packFolder }) => ablationSpec(write, () => loadPack(packFolder))),
  dolma: { kind: 'folder', create: (folder) => dolmaReport((name) => folder.open(name)) },
} satisfies Record<string, StreamFormat | FolderFormat>;

export type Format = keyof typeof formatTable;
export const formats = Object.keys(formatTable) as Format[];

export interface OpenReport extends ReportWriter {
  /** A report that is not whole keeps its provisional name. Returns where it is now. */
  finish(isWhole: boolean): Promise<string | undefined>;
}

/** Opens where the report goes. `beforeWrite` is called before each piece. @throws UsageError */
export async function openReport(
  name: Format,
  target: ReportTarget,
  { append = false, beforeWrite }: { readonly append?: boolean; readonly beforeWrite?: () => void } = {},
): Promise<OpenReport> {
  const format: StreamFormat | FolderFormat = formatTable[name];
  if (format.kind === 'folder') {
    if (target.output === undefined)
      throw new UsageError(`--format ${name} writes a folder: name it with --output`);
    const folder = await folderOutput(target.output);
    return { ...format.create(folder), finish: (isWhole) => folder.finish(isWhole) };
  }
  const output: Output =
    target.output === undefined
      ? streamOutput(target.host.stdout)
      : await fileOutput(target.output, { append });
  const write: WriteText = async (text) => {
    beforeWrite?.();
    await output.write(text);
  };
  return { ...format.create(write, target), finish: (isWhole) => output.finish(isWhole) };
}

async function namedTokenizer(packFolder: string) {
  const pack = await loadPack(packFolder);
  return { name: pack.label, tokenizer: await readTokenizer(pack) };
}

const rulePage: RulePage = (code) => {
  const file = join(packageRoot(), 'docs', 'rules', `${code}.md`);
  return { uri: pathToFileURL(file).href, markdown: readFileSync(file, 'utf8') };
};

async function readPageAssets() {
  const folder = join(packageRoot(), 'dist', 'report');
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return { script: await read('page.js'), style: await read('page.css') };
}
