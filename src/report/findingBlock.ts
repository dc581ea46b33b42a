import type { RepeatedPayload } from '../analysis/exposures.js';
import type { Estimate, Finding } from '../analysis/finding.js';
import { elsewhereText, exposuresText } from '../analysis/repeats.js';
import type { Palette } from './palette.js';
import { columnsOf, fitColumns, terminalLine, wrapColumns } from './terminalText.js';

const barCells = 12;
const payloadLines = 3;
const labelColumns = 10;
/** Enough for the end of a path with line and column. */
const placeColumns = 24;
/** Keeps a figure on the line of its name. */
const noBreak = '\u00a0';

export interface BlockStyle {
  readonly columns: number;
  readonly palette: Palette;
}

/** One finding for a person at a terminal: where, frame, payload, what it teaches, how often it stands there, why, what helps. */
export function findingBlock(
  finding: Finding,
  { columns, palette }: BlockStyle,
  repeated?: RepeatedPayload,
): string {
  const room = columns - labelColumns - 2;
  const lines = [headLine(finding, columns, palette)];
  const add = (label: string, texts: readonly string[]): void => {
    texts.forEach((text, index) => {
      lines.push(`  ${palette.faint((index === 0 ? label : '').padEnd(labelColumns))}${text}`);
    });
  };
  const frame = firstLine(finding.text.frame);
  if (frame !== '') add('frame', [fitColumns(frame, room)]);
  const { cwe } = finding;
  if (cwe !== undefined) add('weakness', wrapColumns(terminalLine(`${cwe.id}: ${cwe.reason}`), room));
  add('payload', payloadText(finding.text.payload, room - 2, palette));
  if (finding.suppressed !== undefined) {
    const { kind, reason } = finding.suppressed;
    const told = `suppressed by ${kind}${reason === undefined ? '' : `: ${reason}`}`;
    add('ignored', wrapColumns(terminalLine(told), room));
  }
  add(
    'teaches',
    wrapColumns(measuresText(finding), room).map((line) => line.replaceAll(noBreak, ' ')),
  );
  if (repeated !== undefined) {
    const stands = `stands there ${exposuresText(repeated)}: ${elsewhereText(repeated, finding)}`;
    add('repeats', wrapColumns(terminalLine(stands), room));
  }
  if (finding.reasons.length > 0) add('why', wrapColumns(terminalLine(finding.reasons.join('; ')), room));
  add(
    'remedy',
    finding.remedies.flatMap((remedy) => wrapColumns(terminalLine(remedy), room)),
  );
  add(
    'note',
    finding.notes.flatMap((note) => wrapColumns(terminalLine(note), room)),
  );
  return `${lines.join('\n')}\n`;
}

function headLine({ level, kind, source, measures }: Finding, columns: number, palette: Palette): string {
  const badge = level.toUpperCase().padEnd(7);
  const about = `${kind.name} ${kind.probability.toFixed(2)}  `;
  const ratio = headRatio(measures?.teachRatio, columns - badge.length - about.length);
  const record = source.record === undefined ? '' : `:${source.record}`;
  const field = source.field === undefined ? '' : ` ${source.field}`;
  const place = `${terminalLine(source.path)}${record}${terminalLine(field)}:${source.line}:${source.column}`;
  const fitted = fitStart(place, columns - badge.length - about.length - columnsOf(ratio) - 1);
  const taken = badge.length + about.length + columnsOf(fitted) + columnsOf(ratio);
  const gap = ' '.repeat(Math.max(1, columns - taken));
  return `${palette.level(level, palette.strong(badge))}${about}${palette.strong(fitted)}${ratio === '' ? '' : gap}${palette.level(level, ratio)}`;
}

/** The place comes first: where it would have too little room, the bar and the interval give way. */
function headRatio(ratio: Estimate | undefined, columns: number): string {
  if (ratio === undefined) return '';
  const whole = `ratio ${ratioText(ratio)}`;
  return columns - columnsOf(whole) >= placeColumns ? whole : `ratio ${fixed(ratio.value)}`;
}

/** `▕██████████░░▏ 0.93 (0.88–1.02)`; the bar ends at 1, where the warning is worthless. */
export function ratioText({ value, low, high }: Estimate): string {
  const filled = Math.round(Math.min(1, Math.max(0, value)) * barCells);
  const bar = `▕${'█'.repeat(filled)}${'░'.repeat(barCells - filled)}▏`;
  return `${bar} ${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function measuresText({ measures, suppressed }: Finding): string {
  if (suppressed !== undefined) return 'not measured';
  if (measures === undefined) return 'not scored by the model';
  const { taught, taughtBare, spanNll, frameEffect, entanglement, stealthSlip, calibrated, payloadTokens } =
    measures;
  const parts: string[] = [];
  if (taught !== undefined) {
    parts.push(`${fixed(taught.value)} nats/token (${fixed(taught.low)}–${fixed(taught.high)})`);
  }
  if (taughtBare !== undefined) parts.push(`without the frame ${fixed(taughtBare.value)}`);
  if (spanNll !== undefined) parts.push(`span NLL ${fixed(spanNll)}`);
  if (frameEffect !== undefined)
    parts.push(`frame effect ${frameEffect < 0 ? '−' : '+'}${fixed(Math.abs(frameEffect))}`);
  if (entanglement !== undefined) parts.push(`entanglement ${fixed(entanglement)}`);
  if (stealthSlip) parts.push('stealth slip: a probe no longer sees the payload under its frame');
  parts.push(`${payloadTokens} tokens`);
  return `${parts.map((part) => part.replaceAll(' ', noBreak)).join(`${noBreak}· `)}${calibrated ? '' : `${noBreak}*`}`;
}

function payloadText(payload: string, room: number, palette: Palette): string[] {
  const lines = withoutCommonIndent(payload.split(/\r\n|\n|\r/).filter((line) => line.trim() !== ''));
  const shown = lines.slice(0, payloadLines).map((line) => `│ ${fitColumns(terminalLine(line), room)}`);
  const more = lines.length - shown.length;
  if (more > 0) shown.push(`│ … ${more} more ${more === 1 ? 'line' : 'lines'}`);
  return shown.map((line) => palette.faint(line));
}

function withoutCommonIndent(lines: readonly string[]): string[] {
  const [first = '', ...rest] = lines;
  // A payload that starts in mid-line tells nothing about the indent of the lines after it.
  const indents = (/^\s/.test(first) || rest.length === 0 ? lines : rest).map(
    (line) => /^\s*/.exec(line)?.[0].length ?? 0,
  );
  const indent = Math.min(...indents);
  return lines.map((line) => ((/^\s*/.exec(line)?.[0].length ?? 0) >= indent ? line.slice(indent) : line));
}

function firstLine(text: string): string {
  const line = text.split(/\r\n|\n|\r/).find((each) => each.trim() !== '') ?? '';
  return terminalLine(line.trim());
}

/** Cuts at the front: the end of a path tells most. */
function fitStart(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let end = text;
  while (end !== '' && columnsOf(end) > columns - 1) end = end.slice(end.codePointAt(0)! > 0xffff ? 2 : 1);
  return `…${end}`;
}

function fixed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}
