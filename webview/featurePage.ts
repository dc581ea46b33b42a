import { cellActivations } from '../src/analysis/features/cellActivations.js';
import type {
  DescribedFeature,
  FeatureExample,
  TokenValue,
} from '../src/analysis/features/describedFeature.js';
import { tokenCells } from '../src/analysis/tokenCells.js';
import { visibleText } from '../src/analysis/visibleText.js';
import {
  type FromPanel,
  mostTriedCharacters,
  type OpenFeature,
  type PanelFeatures,
  type TriedText,
} from '../src/editor/panelMessages.js';
import { element, fixed, signed, tableHead } from './dom.js';
import { binName, histogram, type Histogram } from './histogram.js';
import { oneLine, tokenTable } from './tokenTable.js';
import { tokenMap } from './tokenMap.js';
import { button, textArea, textOf } from './toolkit.js';

type Send = (message: FromPanel) => void;

export interface FeaturePlaceActions {
  readonly send: Send;
  readonly onShowOnSample: (feature: number) => void;
}

/** Where the page of a feature stands, in the place of the sample. */
export interface FeaturePlace {
  readonly element: HTMLElement;
  show(features: PanelFeatures, hasSample: boolean): void;
}

export function featurePlace(actions: FeaturePlaceActions): FeaturePlace {
  const place = element('article', 'featurePage');
  let drawn = '';
  let plot: Histogram | undefined;
  let showTried: (tried: TriedText | undefined) => void = () => {};
  let before: Element | null = null;

  const close = () => {
    if (drawn === '') return;
    drawn = '';
    plot?.dispose();
    place.replaceChildren();
    // Once what it covered is there again.
    requestAnimationFrame(() => before instanceof HTMLElement && before.focus());
  };
  return {
    element: place,
    show({ open, pinned }, hasSample) {
      if (!open) {
        close();
        return;
      }
      const { page } = open;
      const isPinned = pinned.includes(page.feature);
      const key = [page.feature, open.before, isPinned, hasSample].join(' ');
      if (key !== drawn) {
        const isOther = !drawn.startsWith(`${page.feature} `);
        if (drawn === '') before = document.activeElement;
        drawn = key;
        plot?.dispose();
        const tryOut = trySection(page, actions.send);
        showTried = tryOut.show;
        plot = histogram(`Activations of feature ${page.feature}`, page.histogram);
        const head = heading(page);
        place.replaceChildren(
          ...bars(open, hasSample, actions.send),
          head,
          ...summary(page, isPinned, hasSample, actions),
          ...sections(page, plot, actions.send),
          tryOut.element,
        );
        if (isOther) {
          window.scrollTo(0, 0);
          head.focus();
        }
      }
      showTried(open.tried);
    },
  };
}

function bars({ before }: OpenFeature, hasSample: boolean, send: Send): HTMLElement[] {
  const back = (text: string, toSample: boolean) =>
    button(text, 'secondary', () => send({ type: 'backFromFeature', toSample }));
  const home = hasSample ? '← Back to the sample' : '← Close';
  const nav = element(
    'nav',
    'history',
    ...(before > 0 ? [back('← Back to the feature before', false)] : []),
    back(home, true),
  );
  nav.setAttribute('aria-label', 'Pages of features');
  return [nav];
}

function heading({ feature, label }: DescribedFeature): HTMLElement {
  const head = element(
    'h1',
    '',
    `Feature ${feature}`,
    element('span', 'place', visibleText(label.text).replace(/\s+/g, ' ')),
  );
  head.tabIndex = -1;
  return head;
}

function summary(
  page: DescribedFeature,
  isPinned: boolean,
  hasSample: boolean,
  { send, onShowOnSample }: FeaturePlaceActions,
): HTMLElement[] {
  const { feature } = page;
  return [
    element('p', '', labelText(page)),
    element(
      'div',
      'actions',
      button('Show in the editor', 'primary', () => send({ type: 'showInEditor', lens: 'feature', feature })),
      hasSample ? button('Show on the sample', 'secondary', () => onShowOnSample(feature)) : undefined,
      button(isPinned ? 'Unpin' : 'Pin', 'secondary', () =>
        send({ type: 'pin', feature, isPinned: !isPinned }),
      ),
      button('Find another…', 'secondary', () => send({ type: 'run', command: 'backfire.showFeature' })),
    ),
  ];
}

function labelText({ label }: DescribedFeature): string {
  const method =
    label.method === 'tokens' ? 'from the tokens that it fires at' : 'from tokens that it favours';
  const score =
    label.score === undefined
      ? 'not scored, since it fires nowhere in the held-out text'
      : `as a test for where it fires, balanced accuracy ${fixed(label.score)} on held-out windows (chance 0.50; ${label.windows} hold it)`;
  return `Its label is ${method}; ${score}. It names tokens, no concept.`;
}

function sections(page: DescribedFeature, plot: Histogram, send: Send): HTMLElement[] {
  const { histogram: bins, likelier, lessLikely, neighbours, examples } = page;
  const kinds = Object.entries(page.densityOfKind).map(([kind, share]) => [kind, percent(share)]);
  return [
    section(
      'Where it fires',
      element(
        'p',
        '',
        `At ${percent(page.density)} of ${page.tokens.toLocaleString('en')} tokens of training packages, with ${fixed(page.strongest, 1)} at most.`,
      ),
      plot.element,
      behind('Activations and kinds of text as tables', () => [
        table(
          ['Activation', 'Tokens'],
          bins.map((bin) => [binName(bin), bin.count.toLocaleString('en')]),
        ),
        table(['Kind of text', 'Share of tokens'], kinds),
      ]),
    ),
    element(
      'div',
      'halves',
      section('Makes likelier', logitTable(likelier)),
      section('Makes less likely', logitTable(lessLikely)),
    ),
    section(
      'Examples',
      element(
        'p',
        'note',
        'Written by the model itself, or from the examples of Backfire; over quantiles of their largest activation.',
      ),
      exampleList(examples),
      behind('Examples as a table', () => [exampleTable(examples)]),
    ),
    section('Nearest neighbours', neighbourTable(neighbours, send)),
  ];
}

function section(title: string, ...content: readonly HTMLElement[]): HTMLElement {
  return element('section', '', element('h2', '', title), ...content);
}

/** The same as a picture says; built when it is first asked for. */
function behind(title: string, build: () => readonly HTMLElement[]): HTMLElement {
  const details = element('details', '', element('summary', '', title));
  details.addEventListener('toggle', () => details.append(...build()), { once: true });
  return details;
}

function table(heads: readonly string[], rows: readonly (readonly (string | HTMLElement)[])[]): HTMLElement {
  const body = rows.map((cells) =>
    element('tr', '', ...cells.map((cell, i) => element('td', i === 0 ? '' : 'number', cell))),
  );
  return element('table', 'values', tableHead(heads), element('tbody', '', ...body));
}

function logitTable(values: readonly TokenValue[]): HTMLElement {
  const most = Math.max(...values.map(({ value }) => Math.abs(value)), 1e-9);
  return table(
    ['Token', 'Logit', 'On its scale'],
    values.map(({ text, value }) => [
      element('span', 'code', oneLine(text)),
      signed(value),
      meter(Math.abs(value) / most),
    ]),
  );
}

/** A bar; its row holds the number. */
function meter(share: number): HTMLElement {
  const fill = element('span', 'fill');
  fill.style.width = `${(100 * share).toFixed(1)}%`;
  const bar = element('span', 'bar', fill);
  bar.setAttribute('aria-hidden', 'true');
  return bar;
}

function neighbourTable(neighbours: DescribedFeature['neighbours'], send: Send): HTMLElement {
  return table(
    ['Feature', 'Cosine of directions'],
    neighbours.map(({ feature, label, cosine }) => {
      const open = element('button', 'link', `${feature}: ${visibleText(label).replace(/\s+/g, ' ')}`);
      open.addEventListener('click', () => send({ type: 'openFeature', feature }));
      return [open, fixed(cosine)];
    }),
  );
}

function exampleList(examples: readonly FeatureExample[]): HTMLElement {
  const scale = Math.max(...examples.flatMap(({ values }) => values), 1e-9);
  const items = examples.map(({ tokens, values, quantile }) => {
    const spans = tokens.map((token, i) => {
      const value = values[i] ?? 0;
      const span = element('span', value > 0 ? 'token feature' : 'token', oneLineBreaks(token));
      if (value > 0) {
        span.style.setProperty('--strength', (value / scale).toFixed(3));
        span.title = `activation ${fixed(value)}`;
      }
      return span;
    });
    const about = element('span', 'about', `${quantileText(quantile)}, ${fixed(Math.max(...values), 1)}`);
    return element('li', '', about, element('span', 'window', ...spans));
  });
  return element('ol', 'examples', ...items);
}

function exampleTable(examples: readonly FeatureExample[]): HTMLElement {
  const rows = examples.flatMap(({ tokens, values, quantile }, i) =>
    tokens.map((token, t) => [
      `${i + 1} (${quantileText(quantile)})`,
      element('span', 'code', oneLine(token)),
      fixed(values[t] ?? 0),
    ]),
  );
  return table(['Example', 'Token', 'Activation'], rows);
}

function quantileText(quantile: number): string {
  return quantile === 1 ? 'top' : `quantile ${quantile}`;
}

/** An example stands in one line. */
function oneLineBreaks(text: string): string {
  return visibleText(text).replaceAll('\n', '⏎').replaceAll('\t', '⇥');
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function trySection({ feature }: DescribedFeature, send: Send) {
  const area = textArea('A text of your own', 4, mostTriedCharacters);
  const start = button('Try', 'primary', () => {
    const text = textOf(area);
    if (text !== '') send({ type: 'tryText', text });
  });
  const result = element('div', 'tried');
  let shown: TriedText | undefined;
  return {
    element: section('Try it on your own text', area, element('div', 'actions', start), result),
    show: (tried: TriedText | undefined) => {
      if (tried === shown) return;
      shown = tried;
      result.replaceChildren(...(tried ? triedView(feature, tried) : []));
    },
  };
}

function triedView(feature: number, tried: TriedText): HTMLElement[] {
  const status = (text: string) => {
    const line = element('p', 'readout', text);
    line.setAttribute('role', 'status');
    return line;
  };
  if (tried.state === 'reading') return [status('Reading…')];
  if (tried.state === 'failed') return [status(`It could not be read: ${visibleText(tried.reason)}`)];
  const { text, read, firing } = tried;
  const tokens = read.starts.map((start, i) => ({ start, end: read.ends[i]! }));
  const cells = tokenCells({ text, payload: { start: 0, end: 0 } }, tokens);
  const values = cellActivations(cells, read, firing);
  const most = Math.max(0, ...firing.values);
  const left = read.left > 0 ? ` The last ${read.left} tokens are behind the model’s window.` : '';
  const line = status(
    firing.tokens.length === 0
      ? `Feature ${feature} fires at none of ${tokens.length} tokens; none is read at the first one.${left}`
      : `It fires at ${firing.tokens.length} of ${tokens.length} tokens, with ${fixed(most)} at most.${left}`,
  );
  const valueText = (index: number) => {
    const value = values[index];
    return value === undefined ? 'not read' : fixed(value);
  };
  const map = tokenMap('Your text', text, cells, (index) => {
    const cell = cells[index]!;
    line.textContent = `“${oneLine(text.slice(cell.start, cell.end))}”: activation ${valueText(index)}`;
  });
  map.show({ lens: 'feature', values, scale: most });
  const texts = cells.map((_, index) => valueText(index));
  return [
    map.element,
    line,
    behind('The same as a table', () => [
      tokenTable('Your text', text, cells, [{ title: 'Activation', cells: texts }]),
    ]),
  ];
}
