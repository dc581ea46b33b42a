import { cellActivations, firingTogether } from '../src/analysis/features/cellActivations.js';
import type { FiringTokens, ReadText } from '../src/analysis/features/sampleFeatures.js';
import { isSigned, type LensName, lensScale, lensSums, lensValue } from '../src/analysis/lenses.js';
import { bareCut, bareVersion } from '../src/analysis/measure/versions.js';
import type { MeasureResult } from '../src/analysis/measure/measureResult.js';
import { type TokenCell, tokenCells } from '../src/analysis/tokenCells.js';
import { visibleText } from '../src/analysis/visibleText.js';
import type {
  ChosenFeatures,
  ListedFeature,
  PanelAlternatives,
  PanelFeatures,
  ShownSample,
} from '../src/editor/panelMessages.js';
import { element, fixed, signed } from './dom.js';
import { expectedColumns, expectedLine, type ExpectedTokens, expectedTokens } from './expectedTokens.js';
import {
  lensTitles,
  lensUnits,
  measureColumns,
  measuredLenses,
  oneLine,
  type TokenColumn,
  tokenTable,
  valueText,
} from './tokenTable.js';
import { type ShownValues, tokenMap } from './tokenMap.js';
import { button, chooseRadio, radioGroup } from './toolkit.js';

/** What the heat map needs of the panel around it. */
export interface HeatMapActions {
  readonly lens: LensName;
  readonly onLens: (lens: LensName) => void;
  /** A person wants to know all about a token, or about each. */
  readonly onPoint: () => void;
  readonly onShowInEditor: (lens: LensName) => void;
}

export interface HeatMap {
  readonly element: HTMLElement;
  /** What is known of features now, and which are chosen. */
  showFeatures(features: PanelFeatures, chosen: ChosenFeatures): void;
  showAlternatives(alternatives: PanelAlternatives): void;
  /** Looks through another lens, as if a person had chosen it. */
  choose(lens: LensName): void;
}

/** A version of the sample with its cells. */
interface Version {
  readonly name: string;
  readonly text: string;
  readonly cells: readonly TokenCell[];
  /** Where its tokens and its firing ones are told. */
  readonly of: 'sample' | 'bare';
  /** Where an offset of the sample stands in it. */
  readonly place: (offset: number) => number;
}

type MeasuredLens = Exclude<LensName, 'feature'>;

/** A feature in both versions, cell by cell. */
interface FeatureColumn {
  readonly feature: ListedFeature;
  /** For each version: [cells]. */
  readonly values: readonly (readonly (number | undefined)[])[];
  readonly scale: number;
}

/**
 * The sample beside its bare version, token by token, through a lens that a person chooses; a line that reads out one token;
 * and the same as tables.
 */
export function heatMap(
  sample: ShownSample,
  result: MeasureResult & { kind: 'measured' },
  actions: HeatMapActions,
): HeatMap {
  const versions = versionsOf(sample, result);
  const readout = element(
    'p',
    'readout',
    'Point at a token, or go there with the arrow keys, for its exact values.',
  );
  readout.setAttribute('role', 'status');
  const measured = measuredLenses(versions.flatMap(({ cells }) => cells));
  const offered: readonly LensName[] = [...measured, 'feature'];
  // The lens through which a person looked at a sample of another pack may not be there; it stays chosen for the next.
  let lens = offered.includes(actions.lens) ? actions.lens : 'teaches';
  let columns: readonly FeatureColumn[] = [];
  let alternatives: PanelAlternatives = { state: 'unread' };
  let expected = expectedOf(versions, alternatives);
  let pointedAt: { readonly which: number; readonly index: number } | undefined;
  const readOut = () => {
    if (!pointedAt) return;
    const { which, index } = pointedAt;
    const version = versions[which]!;
    const said = describe(version, index, measured, featureTexts(columns, which, index));
    const line = expectedLine(alternatives, expected[which]!, version.cells[index]!);
    readout.replaceChildren(element('span', '', said), ...(line ? [line] : []));
  };
  const maps = versions.map((version, which) =>
    tokenMap(version.name, version.text, version.cells, (index) => {
      pointedAt = { which, index };
      readOut();
      actions.onPoint();
    }),
  );
  const legend = element('div', 'legend');
  const table = tables(versions, measured, actions.onPoint);
  const show = () => {
    const [chosen, compared] = columns;
    for (const [which, map] of maps.entries()) {
      if (lens === 'feature')
        map.show(featureValues(chosen, which), compared && featureValues(compared, which));
      else map.show(measureValues(lens, versions, which));
    }
    legend.replaceChildren(
      ...(lens === 'feature' ? featureLegend(columns) : legendOf(lens, scaleOf(lens, versions), versions)),
    );
    table.show(columns, expected);
  };
  const choices = offered.map((value) => ({ value, text: lensTitles[value] }));
  const radios = radioGroup('What colours the tokens', choices, lens, (value) => {
    lens = value;
    actions.onLens(lens);
    show();
  });
  show();
  return {
    element: element(
      'section',
      'heat',
      element('h2', '', 'Token by token'),
      element(
        'div',
        'controls',
        radios,
        button('Show in the editor', 'secondary', () => actions.onShowInEditor(lens)),
      ),
      legend,
      element('div', 'maps', ...maps.map((map) => map.element)),
      readout,
      table.element,
    ),
    showFeatures(features, chosen) {
      columns = columnsOf(versions, features, chosen);
      show();
    },
    showAlternatives(now) {
      // Told anew with every message; of one sample there is one answer.
      if (now.state === alternatives.state) return;
      alternatives = now;
      expected = expectedOf(versions, alternatives);
      readOut();
      table.show(columns, expected);
    },
    choose: (value) => chooseRadio(radios, value),
  };
}

/** For each version. */
function expectedOf(versions: readonly Version[], alternatives: PanelAlternatives): ExpectedTokens[] {
  const tokens = (of: Version['of']) => (alternatives.state === 'read' ? (alternatives.of[of] ?? []) : []);
  return versions.map(({ of, place }) => expectedTokens(tokens(of), place));
}

function scaleOf(lens: LensName, versions: readonly Version[]): number {
  return Math.max(...versions.map(({ cells }) => lensScale(lens, cells)));
}

/** One scale for both versions, so that a colour means the same in each. */
function measureValues(lens: LensName, versions: readonly Version[], which: number): ShownValues {
  const values = versions[which]!.cells.map((cell) => lensValue(lens, cell));
  return { lens, values, scale: scaleOf(lens, versions) };
}

function featureValues(column: FeatureColumn | undefined, which: number): ShownValues {
  return { lens: 'feature', values: column?.values[which] ?? [], scale: column?.scale ?? 0 };
}

/** The chosen feature, and after it the one that is compared; without those of which no tokens were read. */
function columnsOf(
  versions: readonly Version[],
  { list }: PanelFeatures,
  { feature, compared }: ChosenFeatures,
): FeatureColumn[] {
  const { texts } = list;
  if (!texts) return [];
  return [feature, compared].flatMap((latent) => {
    const found = latent === undefined ? undefined : list.features.find((each) => each.latent === latent);
    if (!found?.inSample) return [];
    const read = (of: Version['of']): [ReadText | undefined, FiringTokens | undefined] =>
      of === 'sample' ? [texts.sample, found.inSample] : [texts.bare, found.inBare];
    const values = versions.map(({ cells, of }) => {
      const [text, firing] = read(of);
      return text && firing ? cellActivations(cells, text, firing) : [];
    });
    const scale = values.flat().reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
    return [{ feature: found, values, scale }];
  });
}

function featureTexts(columns: readonly FeatureColumn[], which: number, index: number): string[] {
  return columns.map(({ feature, values }) => {
    const value = values[which]?.[index];
    return `feature ${feature.latent} ${value === undefined ? 'not read here' : fixed(value)}`;
  });
}

function versionsOf(sample: ShownSample, result: MeasureResult & { kind: 'measured' }): Version[] {
  const { text } = sample;
  const whole: Version = {
    name: 'Sample',
    text,
    cells: tokenCells(sample, result.tokens ?? []),
    of: 'sample',
    place: (offset) => offset,
  };
  const measured = { ...sample, language: '' };
  const [bare, cut] = [bareVersion(measured), bareCut(measured)];
  if (!bare || !cut || !result.bareTokens) return [whole];
  // Tokens of the bare version are placed in the sample's text.
  const beside = (offset: number) =>
    offset <= cut.start ? offset : Math.max(cut.start, offset - (cut.end - cut.start));
  const tokens = result.bareTokens.map((token) => ({
    ...token,
    start: beside(token.start),
    end: beside(token.end),
  }));
  return [
    whole,
    {
      name: 'Bare version, without the frame',
      text: bare.text,
      cells: tokenCells(bare, tokens),
      of: 'bare',
      place: beside,
    },
  ];
}

function describe(
  { name, text, cells }: Version,
  index: number,
  measured: readonly LensName[],
  features: readonly string[],
): string {
  const cell = cells[index]!;
  const values = measured.map((lens) => {
    const value = valueText(lens, cell);
    return value === undefined ? undefined : `${lensTitles[lens].toLowerCase()} ${value} ${lensUnits[lens]}`;
  });
  const known = values.filter((value) => value !== undefined);
  const said = known.length > 0 ? known.join(', ') : 'not predicted, so it teaches nothing';
  const place = `${name}: “${oneLine(text.slice(cell.start, cell.end))}” (${cell.part})`;
  return `${place}: ${[said, ...features].join(', ')}`;
}

function featureLegend(columns: readonly FeatureColumn[]): HTMLElement[] {
  const key = (className: string, { feature, scale }: FeatureColumn) =>
    element(
      'span',
      'key',
      element('span', `swatch ${className}`),
      `${feature.latent}: ${visibleText(feature.label)}, up to ${fixed(scale, 1)}`,
    );
  const [chosen, compared] = columns;
  if (!chosen) return [element('span', '', 'Choose a feature in the list below.')];
  return [
    key('feature', chosen),
    ...(compared ? [key('compared', compared)] : []),
    element('span', 'key', element('span', 'swatch frame'), 'frame'),
    element('span', 'key', element('span', 'swatch payload'), 'payload'),
    ...(compared ? [element('span', 'sums', togetherText(chosen, compared))] : []),
  ];
}

function togetherText({ feature: a }: FeatureColumn, { feature: b }: FeatureColumn): string {
  const count = (x: FiringTokens | undefined, y: FiringTokens | undefined) => {
    const { either, both } = firingTogether(x ?? noTokens, y ?? noTokens);
    return `${both} of ${either} tokens`;
  };
  const bare = a.inBare ? `, in the bare version at ${count(a.inBare, b.inBare)}` : '';
  return `Both fire at ${count(a.inSample, b.inSample)} where either does${bare}`;
}

const noTokens: FiringTokens = { tokens: [], values: [] };

function legendOf(lens: MeasuredLens, scale: number, versions: readonly Version[]): HTMLElement[] {
  const swatch = (className: string, text: string) =>
    element('span', 'key', element('span', `swatch ${className}`), text);
  const tones: Record<MeasuredLens, () => HTMLElement[]> = {
    teaches: () => [
      swatch('teaches', `teaches, up to ${scale.toFixed(2)} a token`),
      swatch('deters', 'unteaches'),
    ],
    surprise: () => [swatch('surprise', `surprises, up to ${scale.toFixed(1)} nats`)],
    probe: () => [
      swatch('flagged', `flagged by the probe, log-odds up to ±${scale.toFixed(1)}`),
      swatch('unflagged', 'not flagged'),
    ],
  };
  return [
    ...tones[lens](),
    swatch('frame', 'frame'),
    swatch('payload', 'payload'),
    ...versions.map(({ name, cells }) => element('span', 'sums', `${name}: ${sumsOf(lens, cells)}`)),
  ];
}

/** Of what teaches the sum, in nats per payload token; of surprise and what the probe says the mean of a token. */
function sumsOf(lens: MeasuredLens, cells: readonly TokenCell[]): string {
  const sums = {
    teaches: { of: 'total', unit: 'nats per payload token' },
    surprise: { of: 'mean', unit: 'nats a token' },
    probe: { of: 'mean', unit: 'log-odds a token' },
  } as const;
  const { of, unit } = sums[lens];
  const parts = (['payload', 'frame', 'context'] as const).flatMap((part) => {
    const known = lensSums(lens, cells, part);
    return known ? [`${part} ${isSigned(lens) ? signed(known[of]) : fixed(known[of])}`] : [];
  });
  return `${parts.join(', ')} ${unit}`;
}

function tables(versions: readonly Version[], measured: readonly LensName[], onOpen: () => void) {
  const details = element('details', '', element('summary', '', 'The same as tables'));
  let columns: readonly FeatureColumn[] = [];
  let expected: readonly ExpectedTokens[] = [];
  // Built while they are open: most people never open them, and a long sample has thousands of rows.
  const build = () => {
    for (const table of details.querySelectorAll('table')) table.remove();
    if (!details.open) return;
    details.append(
      ...versions.map(({ name, text, cells }, which) =>
        tokenTable(name, text, cells, [
          ...measureColumns(cells, measured),
          ...(expected[which]?.size ? expectedColumns(expected[which], cells) : []),
          ...featureColumns(columns, which),
        ]),
      ),
    );
  };
  details.addEventListener('toggle', () => {
    build();
    if (details.open) onOpen();
  });
  return {
    element: details,
    show(shown: readonly FeatureColumn[], nowExpected: readonly ExpectedTokens[]) {
      if (shown === columns && nowExpected === expected) return;
      [columns, expected] = [shown, nowExpected];
      build();
    },
  };
}

function featureColumns(columns: readonly FeatureColumn[], which: number): TokenColumn[] {
  return columns.map(({ feature, values }) => ({
    title: `Feature ${feature.latent}, activation`,
    cells: (values[which] ?? []).map((value) => (value === undefined ? 'not read' : fixed(value))),
  }));
}
