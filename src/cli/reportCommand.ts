import type { Level } from '../analysis/levelNames.js';
import { readReport } from '../corpus/readReport.js';
import { exitCode, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { openReport, type Format } from './reportFormats.js';

export interface ReportCommandOptions {
  readonly format: Format;
  readonly output?: string;
  readonly minLevel: Level;
  readonly pack?: string;
}

/** Writes a report of a scan that was made before in another format. */
export async function reportCommand(
  path: string,
  { format, output, minLevel, pack }: ReportCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const report = await openReport(format, { host, output, packFolder: pack ?? host.defaultPackFolder });
  let isWhole = false;
  try {
    for await (const line of readReport(path, minLevel)) {
      if (host.signal.aborted) return exitCode.interrupted;
      await report.write(line);
    }
    isWhole = true;
    return exitCode.ok;
  } finally {
    const place = await report.finish(isWhole);
    if (!isWhole && place !== undefined) host.stderr.write(`What was done is kept in ${place}.\n`);
  }
}
