import { resolve } from 'node:path';
import type { Level } from '../analysis/levelNames.js';
import { readReport } from '../corpus/readReport.js';
import type { CopyCounts, MaskMode } from '../report/copyOptions.js';
import { maskedCopy } from '../report/maskedCopy.js';
import { exitCode, UsageError, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { fileOutput } from './output.js';

export interface MaskCommandOptions {
  readonly findings: string;
  readonly output: string;
  readonly mode: MaskMode;
  readonly field: string;
  readonly minLevel: Level;
}

/** Writes a copy of a JSONL or Parquet file for the trainer, masked or filtered by the findings of a report. */
export async function maskCommand(
  path: string,
  { findings, output, mode, field, minLevel }: MaskCommandOptions,
  host: Host,
): Promise<ExitCode> {
  if (resolve(output) === resolve(path)) throw new UsageError('--output must be another file than the input');
  assertSameFormat(path, output);
  const file = await fileOutput(output, { append: false });
  const counts: CopyCounts = { rows: 0, masked: 0, dropped: 0, bare: 0 };
  const copy = maskedCopy({ path, mode, field, write: (data) => file.write(data) }, counts);
  let isWhole = false;
  try {
    for await (const line of readReport(findings, minLevel)) {
      if (host.signal.aborted) return exitCode.interrupted;
      await copy.write(line);
    }
    isWhole = true;
  } finally {
    const place = await file.finish(isWhole);
    if (!isWhole) host.stderr.write(`What was done is kept in ${place ?? output}.\n`);
  }
  host.stderr.write(countsText(mode, counts));
  return exitCode.ok;
}

/** A copy keeps the format; only how JSONL is compressed goes by the name. */
function assertSameFormat(path: string, output: string): void {
  const [isParquet, becomesParquet] = [path, output].map((each) => /\.parquet$/iu.test(each));
  if (isParquet === becomesParquet) return;
  const ending = isParquet ? '.parquet' : '.jsonl, .jsonl.gz or .jsonl.zst';
  throw new UsageError(`--output must end in ${ending}: the copy keeps the format of ${path}`);
}

function countsText(mode: MaskMode, { rows, masked, dropped, bare }: CopyCounts): string {
  const done = mode === 'drop' ? `${dropped} dropped` : `${masked} with spans to mask`;
  const left = bare === 0 ? '' : `, ${bare} left as they are: no JSON object`;
  return `${rows} rows in, ${rows - dropped} out, ${done}${left}\n`;
}
