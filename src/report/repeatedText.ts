import type { Exposures, RepeatedPayload } from '../analysis/exposures.js';
import { exposurePlace, exposuresText } from '../analysis/repeats.js';
import type { BlockStyle } from './findingBlock.js';
import { fitColumns, terminalLine } from './terminalText.js';

const shownPayloads = 5;
const shownPlaces = 3;

/** Payloads that stand more than once, by what all their exposures together would teach. */
export function repeatedText({ worst, repeated, missed }: Exposures, style: BlockStyle): string {
  if (worst.length === 0) return '';
  const { columns, palette } = style;
  const lines = worst.slice(0, shownPayloads).flatMap((each) => payloadLines(each, style));
  const more = repeated - Math.min(worst.length, shownPayloads);
  if (more > 0) lines.push(palette.faint(`  … and ${more} more`));
  if (missed > 0)
    lines.push(palette.faint(fitColumns(`  counts may be too low by up to ${missed} a payload`, columns)));
  return `${palette.strong('Repeated payloads')}, by taught × exposures\n${lines.join('\n')}\n\n`;
}

function payloadLines(repeated: RepeatedPayload, { columns, palette }: BlockStyle): string[] {
  const { level, weight, places, payload, exact, near } = repeated;
  const head = `${level.toUpperCase().padEnd(7)}${(weight === undefined ? '—' : weight.toFixed(2)).padStart(8)}`;
  const about = `  ${exposuresText(repeated)}  │ ${terminalLine(payload.trim())}`;
  const named = places.slice(0, shownPlaces).map(exposurePlace);
  const more = exact + near - named.length;
  const where = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return [
    `  ${palette.level(level, head)}${fitColumns(about, columns - head.length - 2)}`,
    palette.faint(fitColumns(`    ${terminalLine(where)}`, columns)),
  ];
}
