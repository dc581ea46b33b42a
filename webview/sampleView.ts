import type { Level } from '../src/analysis/levelNames.js';
import type { LensName } from '../src/analysis/lenses.js';
import type {
  ChosenFeatures,
  FromPanel,
  PanelAlternatives,
  PanelFeatures,
  PanelHistory,
  PanelSnapshot,
  ShownSample,
} from '../src/editor/panelMessages.js';
import { element, fixed } from './dom.js';
import { featureList } from './featureList.js';
import { heatMap } from './heatMap.js';
import { measureTable } from './measureTable.js';
import { scaleSection } from './scaleSection.js';
import { slipNotice } from './slipNotice.js';
import { button, dropdown } from './toolkit.js';
import { failingRemedies } from '../src/analysis/remedies.js';
import { visibleText } from '../src/analysis/visibleText.js';

type Send = (message: FromPanel) => void;

/** What the panel keeps for itself: through which lens a person looks, and at which features. */
export interface PanelView {
  readonly lens: LensName;
  readonly onLens: (lens: LensName) => void;
  readonly onChoose: (chosen: ChosenFeatures) => void;
  /** A person wants to know all about a token. */
  readonly onPoint: () => void;
  readonly send: Send;
}

/** The panel for a snapshot. */
export interface SampleView {
  readonly elements: readonly HTMLElement[];
  showFeatures(features: PanelFeatures, chosen: ChosenFeatures): void;
  showAlternatives(alternatives: PanelAlternatives): void;
  chooseLens(lens: LensName): void;
}

const levelTexts: Record<Level, string> = {
  high: 'High: likely to teach what it warns against',
  medium: 'Medium: may teach what it warns against',
  low: 'Low: teaches little of it',
  none: 'None: hardly teaches it',
};

export function sampleView(snapshot: PanelSnapshot, view: PanelView): SampleView {
  switch (snapshot.kind) {
    case 'empty':
      return fixedView([
        element('h1', '', 'Backfire'),
        element('p', '', snapshot.message),
        actions(view.send),
      ]);
    case 'sample':
      return viewOfSample(snapshot, view);
    default:
      return snapshot satisfies never;
  }
}

function fixedView(elements: readonly HTMLElement[]): SampleView {
  return { elements, showFeatures: () => {}, showAlternatives: () => {}, chooseLens: () => {} };
}

function viewOfSample(
  { shown, others, history }: PanelSnapshot & { kind: 'sample' },
  view: PanelView,
): SampleView {
  const { result } = shown;
  const { send } = view;
  const above = [
    ...(history.count > 1 ? [historyBar(history, send)] : []),
    header(shown, send),
    ...(others.some(({ id }) => id !== shown.id) ? [chooser(shown, others, send)] : []),
  ];
  const reasons = list('Why it was measured', shown.reasons);
  if (result.kind === 'failed') {
    const failure = element('p', 'failure', `Not measured: ${visibleText(result.reason)}`);
    return fixedView([...above, failure, plainText(shown), actions(send), ...reasons]);
  }
  let chosen: ChosenFeatures = {};
  const onShowInEditor = (lens: LensName) =>
    send({
      type: 'showInEditor',
      lens,
      ...(chosen.feature === undefined ? {} : { feature: chosen.feature }),
    });
  const { lens, onLens, onPoint } = view;
  const map = heatMap(shown, result, { lens, onLens, onPoint, onShowInEditor });
  const features = featureList({ send, onChoose: view.onChoose });
  return {
    elements: [
      ...above,
      ...slipNotice(result.measures),
      map.element,
      features.element,
      measureTable(result.measures),
      ...scaleSection(result.measures, shown.byEmbeddedModel),
      ...whatHelps(result.remedies),
      ...list('Notes', result.notes),
      ...reasons,
    ],
    showFeatures(now, nowChosen) {
      chosen = nowChosen;
      map.showFeatures(now, chosen);
      features.show(now, chosen);
    },
    showAlternatives: (now) => map.showAlternatives(now),
    chooseLens: (lens) => map.choose(lens),
  };
}

function header(shown: ShownSample, send: Send): HTMLElement {
  const { level, result, title, place, code, isStale } = shown;
  const ratio = result.kind === 'measured' ? result.measures.teachRatio : undefined;
  const view = element('header', '');
  view.append(
    element('h1', '', title, element('span', 'place', `${visibleText(place)} · ${code}`)),
    element(
      'p',
      `verdict ${level}`,
      element('strong', '', result.kind === 'measured' ? levelTexts[level] : 'Not measured'),
      ratio && `Teach ratio ${fixed(ratio.value)} (${fixed(ratio.low)} to ${fixed(ratio.high)})`,
    ),
  );
  if (isStale) {
    view.append(
      element(
        'p',
        'stale',
        'The document has changed here since, was closed, or is not analyzed in this window. The figures are those of the text below.',
      ),
    );
    view.append(actions(send));
  } else {
    const reveal = (part: 'frame' | 'payload') =>
      button(`Go to ${part}`, 'secondary', () => send({ type: 'reveal', part }));
    view.append(element('div', 'actions', shown.frame && reveal('frame'), reveal('payload')));
  }
  return view;
}

function historyBar({ position, count }: PanelHistory, send: Send): HTMLElement {
  const step = (text: string, name: string, by: -1 | 1, disabled: boolean) =>
    button(text, 'secondary', () => send({ type: 'history', step: by }), { name, disabled });
  const bar = element(
    'nav',
    'history',
    step('← Back', 'Back to the sample analyzed before', -1, position === 0),
    element('span', 'label', `Sample ${position + 1} of ${count} analyzed`),
    step('Forward →', 'Forward to the sample analyzed after', 1, position === count - 1),
  );
  bar.setAttribute('aria-label', 'History of analyzed samples');
  return bar;
}

function chooser(
  shown: ShownSample,
  others: readonly { id: string; level: Level; place: string }[],
  send: Send,
): HTMLElement {
  const options = others.map(({ id, level, place }) => ({
    value: id,
    text: `${level} · ${visibleText(place)}`,
  }));
  const label = element('span', 'label', `Samples of this file (${others.length})`);
  return element(
    'div',
    'chooser',
    label,
    dropdown('Samples of this file', options, shown.id, (id) => send({ type: 'select', id })),
  );
}

function actions(send: Send): HTMLElement {
  return element(
    'div',
    'actions',
    button('Analyze Selection', 'primary', () => send({ type: 'run', command: 'backfire.analyzeSelection' })),
    button('Analyze File', 'secondary', () => send({ type: 'run', command: 'backfire.analyzeFile' })),
    button('Open Log', 'secondary', () => send({ type: 'run', command: 'backfire.openLog' })),
  );
}

function plainText({ text }: ShownSample): HTMLElement {
  return element('div', 'tokens', visibleText(text));
}

/** The remedies of this sample; behind a fold what was tried elsewhere and does not help. */
function whatHelps(remedies: readonly string[]): HTMLElement[] {
  const [section] = list('What helps', remedies);
  if (section === undefined) return [];
  const items = failingRemedies.map((line) => element('li', '', visibleText(line)));
  section.append(
    element('details', '', element('summary', '', 'What was tried and fails'), element('ul', '', ...items)),
  );
  return [section];
}

function list(title: string, lines: readonly string[]): HTMLElement[] {
  if (lines.length === 0) return [];
  const items = lines.map((line) => element('li', '', visibleText(line)));
  return [element('section', '', element('h2', '', title), element('ul', '', ...items))];
}
