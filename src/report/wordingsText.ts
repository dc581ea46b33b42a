import { asManyAs } from '../analysis/wordings.js';
import type { Wordings } from '../analysis/wordingsSchema.js';
import type { BlockStyle } from './findingBlock.js';
import { fitColumns, terminalLine } from './terminalText.js';

const shownGroups = 3;

/** How varied the warnings are; nothing where there are too few to tell. */
export function wordingsText(wordings: Wordings | undefined, { columns, palette }: BlockStyle): string {
  if (wordings === undefined || wordings.frames < 2) return '';
  const { frames, groups, entropy, missed, top } = wordings;
  const about =
    `${groups.toLocaleString('en')} among ${frames.toLocaleString('en')} frames, as varied as ` +
    `${asManyAs(wordings).toFixed(1)} equally frequent ones (${entropy.toFixed(1)} bits)`;
  const lines = top
    .filter((group) => group.frames > 1)
    .slice(0, shownGroups)
    .map((group) => {
      const share = `${Math.round((100 * group.frames) / frames)} %`.padStart(6);
      return palette.faint(fitColumns(`${share}  │ ${terminalLine(group.wording || 'no words')}`, columns));
    });
  if (missed > 0) lines.push(palette.faint(`  ${missed.toLocaleString('en')} more frames were not grouped`));
  return `${palette.strong('Wordings of warnings')}  ${about}\n${lines.map((line) => `${line}\n`).join('')}\n`;
}
