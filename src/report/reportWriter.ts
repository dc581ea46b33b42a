import type { ScanLine } from '../corpus/scanLine.js';

/** Takes the lines of a scan in order; the summary is the last. */
export interface ReportWriter {
  write(line: ScanLine): Promise<void>;
}

/** Where a report's text goes. Resolves when more may be written. */
export type WriteText = (text: string) => Promise<void>;
