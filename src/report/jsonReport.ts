import type { ScanLine } from '../corpus/scanLine.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { terminalJson } from './terminalText.js';

/**
 * One JSON object: `{scan, findings, skipped, noted, summary}`, with `harmless` where that was asked for. Findings are
 * written as they come; what was skipped or noted while reading is held until the summary closes the object.
 */
export function jsonReport(write: WriteText): ReportWriter {
  const skipped: ScanLine[] = [];
  const noted: { path: string; notes: string[] }[] = [];
  const harmless: ScanLine[] = [];
  let showsHarmless = false;
  let findings = 0;
  return {
    async write(line) {
      switch (line.type) {
        case 'scan':
          showsHarmless = line.options.showHarmless === true;
          await write(`{"scan":${terminalJson(line)},\n"findings":[`);
          break;
        case 'finding':
          await write(`${findings === 0 ? '' : ','}\n${terminalJson(line)}`);
          findings += 1;
          break;
        case 'harmless':
          harmless.push(line);
          break;
        case 'skipped':
          skipped.push(line);
          break;
        case 'unit':
          if (line.notes.length > 0) noted.push({ path: line.path, notes: line.notes });
          break;
        case 'summary':
          await write(
            `\n],\n${showsHarmless ? `"harmless":${terminalJson(harmless)},\n` : ''}"skipped":${terminalJson(skipped)},\n"noted":${terminalJson(noted)},\n"summary":${terminalJson(line)}}\n`,
          );
          break;
      }
    },
  };
}
