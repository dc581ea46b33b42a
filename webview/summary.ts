import './panel.css';
import './summary.css';
import {
  type FromSummary,
  keptSummary,
  type SummaryRow,
  type SummarySection,
  type SummarySnapshot,
  type SummaryState,
  type ToSummary,
} from '../src/editor/summaryMessages.js';
import { type BarRow, barTable } from './barTable.js';
import { element } from './dom.js';
import { openPage } from './host.js';
import { tileList } from './tileList.js';
import { button } from './toolkit.js';

const host = openPage<FromSummary, SummaryState>();
const send = (message: FromSummary) => host.postMessage(message);
const heading = element('h1', '');
const status = element('p', 'status');
// Told as it changes, also while the reader is elsewhere in the page.
status.setAttribute('role', 'status');
const actions = element('div', 'actions');
const cautions = element('div', 'cautions');
const charts = element('div', 'charts');
document.getElementById('panel')!.append(heading, status, actions, cautions, charts);

/** What `actions` and `charts` show, as text: what has not changed is not drawn anew, and keeps its focus. */
let drawnActions = '';
let drawnCharts = '';

// What was shown before a reload stands until the extension has something newer.
const before = keptSummary(host.getState());
if (before) show(before.snapshot);
window.addEventListener('message', ({ data }: MessageEvent<ToSummary>) => {
  host.setState({ format: 1, snapshot: data.snapshot });
  show(data.snapshot);
});
send({ type: 'ready' });

function show(snapshot: SummarySnapshot): void {
  heading.textContent = snapshot.title;
  if (status.textContent !== snapshot.status) status.textContent = snapshot.status;
  cautions.replaceChildren(...snapshot.cautions.map((text) => element('p', 'note', text)));
  if (drawnActions !== JSON.stringify(snapshot.actions)) {
    drawnActions = JSON.stringify(snapshot.actions);
    actions.replaceChildren(
      ...snapshot.actions.map(({ text, command }, index) =>
        button(text, index === 0 ? 'primary' : 'secondary', () => send({ type: 'run', command })),
      ),
    );
  }
  if (drawnCharts !== JSON.stringify(snapshot.sections)) {
    drawnCharts = JSON.stringify(snapshot.sections);
    const focused = document.activeElement?.id;
    charts.replaceChildren(...snapshot.sections.map(sectionOf));
    if (focused !== undefined && focused !== '') document.getElementById(focused)?.focus();
  }
}

function sectionOf({ id, title, lead, tiles, heads, rows, notes }: SummarySection): HTMLElement {
  const name = element('h2', '', title);
  name.id = `title-${id}`;
  const section = element(
    'section',
    id,
    name,
    lead === undefined ? undefined : element('p', '', lead),
    tiles.length > 0 ? tileList(tiles) : undefined,
    ...(rows.length > 0 ? [chart(id, heads, rows)] : []),
    ...notes.map((text) => element('p', 'note', text)),
  );
  section.setAttribute('aria-labelledby', name.id);
  return section;
}

function chart(id: string, heads: readonly string[], rows: readonly SummaryRow[]): HTMLElement {
  const table = barTable(
    'bars',
    rows.map((row, index) => barRow(row, `${id}-${index}`)),
    { heads },
  );
  table.setAttribute('aria-labelledby', `title-${id}`);
  return table;
}

function barRow({ label, level, share, values, shows }: SummaryRow, id: string): BarRow {
  return {
    header: shows ? showButton(label, shows, id) : element('span', 'text', label),
    className: level ?? '',
    share,
    values,
  };
}

function showButton(
  label: string,
  { by, value, name }: NonNullable<SummaryRow['shows']>,
  id: string,
): HTMLElement {
  const link = element('button', 'link', label);
  link.id = id;
  link.type = 'button';
  link.title = name;
  link.setAttribute('aria-label', name);
  link.addEventListener('click', () => send({ type: 'show', group: { by, value } }));
  return link;
}
