import type { ReportWriter, WriteText } from './reportWriter.js';
import { terminalJson } from './terminalText.js';

/** One line of JSON for every line of the scan, as it comes. */
export function jsonlReport(write: WriteText): ReportWriter {
  return { write: (line) => write(`${terminalJson(line)}\n`) };
}
