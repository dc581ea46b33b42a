import type { Exposures, RepeatedPayload } from '../../src/analysis/exposures.js';
import { repeatPlace } from '../../src/analysis/repeats.js';
import { visibleText } from '../../src/analysis/visibleText.js';
import { element, tableHead } from '../dom.js';

/** Payloads that stand more than once, by what all their exposures together would teach; nothing where there are none. */
export function repeatedTable({ worst, repeated, missed }: Exposures): HTMLElement[] {
  if (worst.length === 0) return [];
  const heads = ['Level', 'Taught × exposures', 'Exactly', 'Nearly', 'Payload and places'];
  const more = repeated - worst.length;
  return [
    element(
      'details',
      'lines repeated',
      element('summary', '', `Repeated payloads (${repeated.toLocaleString('en')})`),
      element(
        'table',
        '',
        tableHead(heads, (index) => (index > 0 && index < 4 ? 'number' : '')),
        element('tbody', '', ...worst.map(row)),
      ),
      more > 0 ? element('p', 'faint', `… and ${more.toLocaleString('en')} more`) : undefined,
      missed > 0
        ? element('p', 'faint', `Counts may be too low by up to ${missed.toLocaleString('en')} a payload.`)
        : undefined,
    ),
  ];
}

function row({ level, weight, exact, near, payload, places }: RepeatedPayload): HTMLElement {
  const more = exact + near - places.length;
  return element(
    'tr',
    level,
    element('td', 'badge', level),
    element('td', 'number', weight === undefined ? '—' : weight.toFixed(2)),
    element('td', 'number', exact.toLocaleString('en')),
    element('td', 'number', near.toLocaleString('en')),
    element(
      'td',
      '',
      element('pre', '', visibleText(payload)),
      element(
        'ul',
        'faint place',
        ...places.map((place) => element('li', '', visibleText(repeatPlace(place)))),
        more > 0 ? element('li', '', `… and ${more.toLocaleString('en')} more`) : undefined,
      ),
    ),
  );
}
