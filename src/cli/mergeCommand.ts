import { resolve } from 'node:path';
import { MergeError, mergeReports } from '../corpus/mergeReports.js';
import { partialPath } from '../corpus/checkpoint.js';
import { CountError } from '../corpus/scanTally.js';
import { jsonlReport } from '../report/jsonlReport.js';
import { exitCode, IncompleteError, UsageError, type ExitCode } from './exitCode.js';
import { fileOutput } from './output.js';

/** Joins the reports of all shards. What cannot be joined is refused before anything is written under the name asked for. */
export async function mergeCommand(output: string, inputs: readonly string[]): Promise<ExitCode> {
  const written = [output, partialPath(output)].map((path) => resolve(path));
  if (inputs.some((path) => written.includes(resolve(path))))
    throw new UsageError(`${output} is among the reports to be merged: give it another name`);
  const lines = mergeReports(inputs);
  try {
    const first = await lines.next();
    const file = await fileOutput(output, { append: false });
    let isWhole = false;
    let lost = 0;
    try {
      const report = jsonlReport((text) => file.write(text));
      for (let next = first; next.done !== true; next = await lines.next()) {
        await report.write(next.value);
        if (next.value.type === 'summary') lost = next.value.lost;
      }
      isWhole = true;
    } finally {
      await file.finish(isWhole);
    }
    return lost > 0 ? exitCode.incomplete : exitCode.ok;
  } catch (error) {
    if (error instanceof MergeError) throw new UsageError(error.message);
    throw error instanceof CountError ? new IncompleteError(error.message) : error;
  }
}
