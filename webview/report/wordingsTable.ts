import { asManyAs, type Wordings } from '../../src/analysis/wordings.js';
import { visibleText } from '../../src/analysis/visibleText.js';
import { element } from '../dom.js';

/** How varied the warnings are, and which are most frequent; nothing where there are too few to tell. */
export function wordingsTable(wordings: Wordings | undefined): HTMLElement[] {
  if (wordings === undefined || wordings.frames < 2) return [];
  const { frames, groups, top, missed } = wordings;
  const heads = ['Wording', 'Frames', 'Share'].map((name, index) => {
    const cell = element('th', index > 0 ? 'number' : '', name);
    cell.scope = 'col';
    return cell;
  });
  const rows = top.map((group) =>
    element(
      'tr',
      '',
      element('td', '', visibleText(group.wording || 'no words')),
      element('td', 'number', group.frames.toLocaleString('en')),
      element('td', 'number', `${Math.round((100 * group.frames) / frames)} %`),
    ),
  );
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
      element('table', '', element('thead', '', element('tr', '', ...heads)), element('tbody', '', ...rows)),
      missed > 0
        ? element('p', 'faint', `${missed.toLocaleString('en')} more frames were not grouped.`)
        : undefined,
    ),
  ];
}
