import type { ChosenFeatures, FromPanel, ListedFeature, PanelFeatures } from '../src/editor/panelMessages.js';
import { visibleText } from '../src/analysis/visibleText.js';
import { element, fixed } from './dom.js';
import { button, textField } from './toolkit.js';
import { virtualRows } from './virtualRows.js';

const rowHeight = 44;

export interface FeatureListActions {
  readonly send: (message: FromPanel) => void;
  readonly onChoose: (chosen: ChosenFeatures) => void;
}

/** The features of the shown sample. */
export interface FeatureListView {
  readonly element: HTMLElement;
  show(features: PanelFeatures, chosen: ChosenFeatures): void;
}

/** Each feature with how strongly it fires at the payload, in the sample above the bare version; the numbers stand beside the bars. */
export function featureList({ send, onChoose }: FeatureListActions): FeatureListView {
  let features: PanelFeatures;
  let chosen: ChosenFeatures = {};
  let wanted = '';
  let shown: readonly ListedFeature[] = [];
  let scale = 1;
  const status = element('p', 'note');
  status.setAttribute('role', 'status');
  const all = button('List all active features', 'secondary', () =>
    send({ type: 'readFeatures', latents: [] }),
  );

  const choose = ({ latent }: ListedFeature) =>
    onChoose({ ...(latent === chosen.compared ? {} : chosen), feature: latent });
  const compare = ({ latent }: ListedFeature) => {
    const { feature } = chosen;
    if (latent === feature) return;
    const isOff = latent === chosen.compared || feature === undefined;
    onChoose({
      feature: feature ?? latent,
      ...(isOff ? {} : { compared: latent }),
    });
  };
  const pin = ({ latent }: ListedFeature) =>
    send({ type: 'pin', feature: latent, isPinned: !features.pinned.includes(latent) });
  const open = ({ latent }: ListedFeature) => send({ type: 'openFeature', feature: latent });

  const keys: Record<string, (feature: ListedFeature) => void> = {
    Enter: choose,
    ' ': choose,
    p: pin,
    c: compare,
    o: open,
  };
  const grid = virtualRows({
    name: 'Features of the sample',
    rowHeight,
    header: headerRow(),
    row: (index) =>
      featureRow(shown[index]!, { chosen, pinned: features.pinned, scale }, { choose, compare, pin, open }),
    onKey: (index, key) => {
      const feature = shown[index];
      const work = keys[key];
      if (!feature || !work) return false;
      work(feature);
      return true;
    },
  });
  const search = textField('Search by label or number', (text) => {
    wanted = text.trim().toLowerCase();
    draw(0);
  });
  const draw = (at?: number) => {
    const listed = inOrder(features);
    shown = listed.filter((feature) => matches(feature, wanted));
    scale = listed.reduce((most, { sample, bare = 0 }) => Math.max(most, sample, bare), 0) || 1;
    status.textContent = statusText(features, listed.length, shown.length);
    all.toggleAttribute('hidden', features.list.state === 'read' || features.list.state === 'reading');
    grid.element.toggleAttribute('hidden', shown.length === 0);
    grid.show(shown.length, at);
  };
  const find = button('Find any feature…', 'secondary', () =>
    send({ type: 'run', command: 'backfire.showFeature' }),
  );
  const hint =
    'Enter colours both versions by a feature, p pins it, c compares it with the chosen one, o opens its page.';
  return {
    element: element(
      'section',
      'features',
      element('h2', '', 'Features'),
      element('div', 'controls', search, all, find),
      status,
      grid.element,
      element('p', 'note', hint),
    ),
    show(next, nextChosen) {
      const current = shown;
      [features, chosen] = [next, nextChosen];
      const at = current.length > 0 ? undefined : 0;
      draw(at);
    },
  };
}

/** Pinned ones first. */
function inOrder({ list, pinned }: PanelFeatures): ListedFeature[] {
  const isPinned = ({ latent }: ListedFeature) => pinned.includes(latent);
  return [...list.features.filter(isPinned), ...list.features.filter((feature) => !isPinned(feature))];
}

function matches({ latent, label }: ListedFeature, wanted: string): boolean {
  return wanted === '' || String(latent).startsWith(wanted) || label.toLowerCase().includes(wanted);
}

function statusText({ list }: PanelFeatures, listed: number, shown: number): string {
  const found = shown === listed ? '' : ` ${shown} of them match.`;
  switch (list.state) {
    case 'shared':
      return listed === 0
        ? 'No features are known of this sample yet.'
        : `The ${listed} that sample and bare version share most of, on the payload.${found}`;
    case 'reading':
      return 'Reading features…';
    case 'failed':
      return `They could not be read: ${visibleText(list.reason ?? '')}`;
    case 'read': {
      const cut = (list.texts?.sample.left ?? 0) > 0 ? ' The end of the sample was not read.' : '';
      return `${list.active ?? 0} features are active at the payload; ${listed} are listed, those that both versions share most of first.${cut}${found}`;
    }
  }
}

function headerRow(): HTMLElement {
  const cells = ['Pin', 'Feature', 'Mean activation at the payload', 'Compare', 'Page'].map((text) => {
    const cell = element('div', '', text);
    cell.setAttribute('role', 'columnheader');
    return cell;
  });
  const row = element('div', 'featureRow', ...cells);
  row.setAttribute('role', 'row');
  row.setAttribute('aria-rowindex', '1');
  return row;
}

type Act = (feature: ListedFeature) => void;

function featureRow(
  feature: ListedFeature,
  view: { readonly chosen: ChosenFeatures; readonly pinned: readonly number[]; readonly scale: number },
  act: { readonly choose: Act; readonly compare: Act; readonly pin: Act; readonly open: Act },
): HTMLElement {
  const { latent, label, sample, bare } = feature;
  const isPinned = view.pinned.includes(latent);
  const isChosen = view.chosen.feature === latent;
  const isCompared = view.chosen.compared === latent;
  const name = element(
    'button',
    'name',
    element('span', 'latent', String(latent)),
    ' ',
    visibleText(label).replace(/\s+/g, ' '),
  );
  name.tabIndex = -1;
  name.title = visibleText(label);
  name.addEventListener('click', () => act.choose(feature));
  const values = element(
    'div',
    'values',
    valueBar('sample', sample, view.scale),
    bare === undefined ? undefined : valueBar('bare', bare, view.scale),
  );
  const row = element(
    'div',
    `featureRow${isChosen ? ' chosen' : ''}${isCompared ? ' compared' : ''}`,
    gridCell(small(isPinned ? '★' : '☆', `Pin feature ${latent}`, isPinned, () => act.pin(feature))),
    gridCell(name),
    gridCell(values),
    gridCell(small('⇄', `Compare feature ${latent}`, isCompared, () => act.compare(feature))),
    gridCell(small('›', `Page of feature ${latent}`, undefined, () => act.open(feature))),
  );
  row.setAttribute('role', 'row');
  row.setAttribute('aria-selected', String(isChosen));
  row.dataset['latent'] = String(latent);
  return row;
}

function gridCell(content: HTMLElement): HTMLElement {
  const cell = element('div', 'cell', content);
  cell.setAttribute('role', 'gridcell');
  return cell;
}

function small(sign: string, name: string, isOn: boolean | undefined, onClick: () => void): HTMLElement {
  const made = element('button', 'small', sign);
  made.tabIndex = -1;
  made.title = name;
  made.setAttribute('aria-label', name);
  if (isOn !== undefined) made.setAttribute('aria-pressed', String(isOn));
  made.addEventListener('click', onClick);
  return made;
}

function valueBar(name: string, value: number, scale: number): HTMLElement {
  const fill = element('span', `fill ${name}`);
  fill.style.width = `${((100 * value) / scale).toFixed(2)}%`;
  const bar = element('span', 'bar', fill);
  bar.setAttribute('aria-hidden', 'true');
  return element('div', 'valueBar', bar, element('span', 'number', `${name} ${fixed(value, 1)}`));
}
