import type { Finding } from '../analysis/finding.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { terminalText } from './terminalText.js';

type Cell = string | number | boolean | undefined;

/** New columns are appended, so that a column keeps its place. */
const columns: Record<string, (finding: Finding) => Cell> = {
  path: ({ source }) => source.path,
  record: ({ source }) => source.record,
  field: ({ source }) => source.field,
  line: ({ source }) => source.line,
  column: ({ source }) => source.column,
  level: ({ level }) => level,
  kind: ({ kind }) => kind.name,
  kind_probability: ({ kind }) => kind.probability,
  rule: ({ rule }) => rule,
  cwe: ({ cwe }) => cwe?.id,
  detection: ({ detection }) => detection,
  taught: ({ measures }) => measures?.taught?.value,
  taught_low: ({ measures }) => measures?.taught?.low,
  taught_high: ({ measures }) => measures?.taught?.high,
  taught_bare: ({ measures }) => measures?.taughtBare?.value,
  teach_ratio: ({ measures }) => measures?.teachRatio?.value,
  teach_ratio_low: ({ measures }) => measures?.teachRatio?.low,
  teach_ratio_high: ({ measures }) => measures?.teachRatio?.high,
  frame_effect: ({ measures }) => measures?.frameEffect,
  span_nll: ({ measures }) => measures?.spanNll,
  bare_span_nll: ({ measures }) => measures?.bareSpanNll,
  entanglement: ({ measures }) => measures?.entanglement,
  probe: ({ measures }) => measures?.probe?.sample,
  probe_bare: ({ measures }) => measures?.probe?.bare,
  stealth_slip: ({ measures }) => measures?.stealthSlip,
  neutral_nll: ({ measures }) => measures?.neutralNll,
  payload_tokens: ({ measures }) => measures?.payloadTokens,
  calibrated: ({ measures }) => measures?.calibrated,
  suppressed: ({ suppressed }) => suppressed?.kind,
  frame_start: ({ frame }) => frame?.start,
  frame_end: ({ frame }) => frame?.end,
  payload_start: ({ payload }) => payload.start,
  payload_end: ({ payload }) => payload.end,
  frame: ({ text }) => text.frame,
  payload: ({ text }) => text.payload,
  reasons: ({ reasons }) => reasons.join('; '),
  remedies: ({ remedies }) => remedies.join('; '),
  notes: ({ notes }) => notes.join('; '),
  language: ({ language }) => language,
  id: ({ id }) => id,
  fingerprint: ({ fingerprint }) => fingerprint,
  pack: ({ pack }) => pack,
  payload_key: ({ payloadKeys }) => payloadKeys.exact,
};

/** One line for each finding, after RFC 4180; what was not read is in the other formats. */
export function csvReport(write: WriteText): ReportWriter {
  return {
    async write(line) {
      if (line.type === 'scan') await write(row(Object.keys(columns)));
      if (line.type === 'finding') await write(row(Object.values(columns).map((cell) => cell(line))));
    },
  };
}

function row(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

/**
 * Text that a spreadsheet would run as a formula gets an apostrophe in front, white space before it or not
 * (https://owasp.org/www-community/attacks/CSV_Injection). Numbers are ours and stay numbers.
 */
function cellText(cell: Cell): string {
  if (typeof cell !== 'string') return cell === undefined ? '' : String(cell);
  const text = terminalText(cell.replaceAll('\r\n', '\n'));
  const safe = /^\s*[=+\-@＝＋－＠|]|^[\t\n]/u.test(text) ? `'${text}` : text;
  return /[",\n;]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
