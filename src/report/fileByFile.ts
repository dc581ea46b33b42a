import type { ScanHeader, Summary } from '../corpus/scanLine.js';
import { SourceError } from '../corpus/sourceRecords.js';
import { isMasked, payloadOf, type Payload } from './payloadSpans.js';
import type { ReportWriter } from './reportWriter.js';

/** A file that was scanned to its end, with what is to be masked in it. */
export interface ScannedFile {
  readonly path: string;
  readonly isSkipped: boolean;
  /** By the line of the record; that of a text file stands under 0. */
  readonly payloads: ReadonlyMap<number, readonly Payload[]>;
  /** Lines of a JSONL file, as the scan counted them. */
  readonly lines: number | undefined;
  readonly header: ScanHeader;
}

export interface FileHandler {
  /** A SourceError concerns this file; the others are still done. */
  file(file: ScannedFile): Promise<void>;
  end(header: ScanHeader, summary: Summary): Promise<void>;
}

const shownProblems = 10;

/**
 * A report that needs the texts again: findings wait, a few numbers each, until their file is whole.
 * At the end the writer rejects with a SourceError if a file could not be used: such a report must not pass for a whole one.
 */
export function fileByFile(handler: FileHandler): ReportWriter {
  let header: ScanHeader | undefined;
  const waiting = new Map<string, Map<number, Payload[]>>();
  const problems: string[] = [];
  const take = (path: string): Map<number, Payload[]> => {
    const payloads = waiting.get(path) ?? new Map<number, Payload[]>();
    waiting.delete(path);
    return payloads;
  };
  return {
    async write(line) {
      switch (line.type) {
        case 'scan':
          header = line;
          break;
        case 'finding': {
          if (!isMasked(line)) break;
          const inFile = waiting.get(line.source.path) ?? new Map<number, Payload[]>();
          waiting.set(line.source.path, inFile);
          const payload = payloadOf(line);
          const record = payload.record ?? 0;
          const inRecord = inFile.get(record);
          if (inRecord === undefined) inFile.set(record, [payload]);
          else inRecord.push(payload);
          break;
        }
        case 'unit': {
          if (line.range?.last === false || header === undefined) break;
          const { path, outcome, range } = line;
          const file = { path, isSkipped: outcome === 'skipped', lines: range?.records, header };
          try {
            if (path === '-') throw new SourceError('standard input cannot be read again');
            await handler.file({ ...file, payloads: take(path) });
          } catch (error) {
            if (!(error instanceof SourceError)) throw error;
            problems.push(`${path}: ${error.message}`);
          }
          break;
        }
        case 'summary':
          if (line.interrupted) throw new SourceError('the scan was interrupted: go on with --resume first');
          if (header !== undefined) await handler.end(header, line);
          if (problems.length > 0) throw new SourceError(problemsText(problems));
          break;
        case 'harmless':
        case 'skipped':
          break;
      }
    },
  };
}

function problemsText(problems: readonly string[]): string {
  const shown = problems.slice(0, shownProblems);
  const more = problems.length - shown.length;
  return `${problems.length === 1 ? '1 file' : `${problems.length} files`} could not be used:\n  ${shown.join('\n  ')}${more > 0 ? `\n  … and ${more} more` : ''}`;
}
