import { asManyAs } from '../../src/analysis/wordings.js';
import type { Wordings } from '../../src/analysis/wordingsSchema.js';
import { visibleText } from '../../src/analysis/visibleText.js';
import { barTable } from '../barTable.js';
import { element } from '../dom.js';

/** How varied the warnings are, and which are most frequent; nothing where there are too few to tell. */
export function wordingsTable(wordings: Wordings | undefined): HTMLElement[] {
  if (wordings === undefined || wordings.frames < 2) return [];
  const { frames, groups, top, missed } = wordings;
  const most = Math.max(1, ...top.map((group) => group.frames));
  const rows = top.map((group) => ({
    header: visibleText(group.wording || 'no words'),
    share: group.frames / most,
    values: [group.frames.toLocaleString('en'), `${Math.round((100 * group.frames) / frames)} %`],
  }));
  return [
    element(
      'details',
      'lines',
      element('summary', '', `Wordings of warnings (${groups.toLocaleString('en')})`),
      element(
        'p',
        'faint',
        `${frames.toLocaleString('en')} frames, as varied as ${asManyAs(wordings).toFixed(1)} equally frequent wordings.`,
      ),
      barTable('wordings', rows, { heads: ['Wording', 'On its scale', 'Frames', 'Share'] }),
      missed > 0
        ? element('p', 'faint', `${missed.toLocaleString('en')} more frames were not grouped.`)
        : undefined,
    ),
  ];
}
