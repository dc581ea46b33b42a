import { createReadStream } from 'node:fs';
import { isAtLeast, type Level } from '../analysis/levelNames.js';
import { readLines } from './readLines.js';
import { scanLineSchema, type ScanLine } from './scanLine.js';
import { SourceError } from './sourceRecords.js';

/** Far above any line of a report: a finding quotes at most 4,000 code units. */
const longestLine = 16 * 1024 * 1024;

/**
 * The lines of a JSONL report, findings below `minLevel` left out.
 * @throws SourceError if the file is no report, or is not whole: one that ends without its summary.
 */
export async function* readReport(path: string, minLevel: Level): AsyncGenerator<ScanLine> {
  let last: ScanLine['type'] | undefined;
  for await (const input of linesOf(path)) {
    const line = input.kind === 'line' ? parse(input.text) : undefined;
    if (line === undefined || (input.number === 1) !== (line.type === 'scan')) {
      throw new SourceError(
        `${path} is no report of \`backfire scan --format jsonl\`: see line ${input.number}`,
      );
    }
    last = line.type;
    if (line.type === 'finding' && !isAtLeast(line.level, minLevel)) continue;
    yield line;
  }
  if (last !== 'summary')
    throw new SourceError(`${path} ends without a summary: go on with the scan, using --resume`);
}

async function* linesOf(path: string): ReturnType<typeof readLines> {
  try {
    yield* readLines(createReadStream(path), longestLine);
  } catch (error) {
    throw new SourceError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function parse(text: string): ScanLine | undefined {
  try {
    return scanLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
