import { type Disposable, Hover, l10n, languages, MarkdownString, Uri } from 'vscode';
import type { Measures } from '../analysis/finding.js';
import type { SharedFeature } from '../analysis/measure/entanglement.js';
import { rangeOf } from './documentRange.js';
import { codeOf, type EditorFinding, estimateText, sentenceOf, subjectOf, titleOf } from './editorFinding.js';
import type { FeatureCatalog } from './featureCatalog.js';
import type { FindingStore } from './findingStore.js';
import { markdownText } from './markdownText.js';
import { findingsInEditor } from './shownFindings.js';

/** Nothing else is run from a hover, whatever its text says. */
const enabledCommands = [
  'backfire.explainFinding',
  'backfire.fixFinding',
  'backfire.showFeature',
  'backfire.showFeatureInline',
];
/** Shared features of a finding, the strongest first. */
const mostFeatures = 3;

type Labels = (feature: number) => string;

/** Over a frame or a payload: the measures with their intervals, what they are compared with, and why it was found. */
export function showHovers(
  store: FindingStore,
  catalog: Pick<FeatureCatalog, 'labels'>,
  extensionUri: Uri,
): Disposable {
  return languages.registerHoverProvider(
    { pattern: '**' },
    {
      provideHover: async (document, position) => {
        const offset = document.offsetAt(position);
        const found = findingsInEditor(store, document.uri).flatMap((finding) => {
          const spans = [finding.payload, ...(finding.frame ? [finding.frame] : [])];
          const span = spans.find(({ start, end }) => start <= offset && offset < end);
          return span ? [{ finding, span }] : [];
        });
        const [first] = found;
        if (!first) return undefined;
        const labels = await catalog.labels();
        const texts = found.map(({ finding }) => hoverText(document.uri, finding, labels, extensionUri));
        return new Hover(texts, rangeOf(document, first.span));
      },
    },
  );
}

function hoverText(uri: Uri, finding: EditorFinding, labels: Labels, extensionUri: Uri): MarkdownString {
  const title = `**${markdownText(titleOf(finding))}** · ${markdownText(subjectOf(finding))}`;
  const reasons = finding.reasons.map((reason) => `- ${markdownText(reason)}`).join('\n');
  const parts = [
    title,
    markdownText(sentenceOf(finding)),
    finding.result.kind === 'measured' ? measureTable(finding.result.measures) : '',
    finding.result.kind === 'measured' ? slipNotice(finding.result.measures) : '',
    finding.result.kind === 'measured' ? featureTable(finding.result.features ?? [], labels) : '',
    reasons,
    links(uri, finding, extensionUri),
  ];
  const text = new MarkdownString(parts.filter((part) => part !== '').join('\n\n'));
  text.isTrusted = { enabledCommands };
  return text;
}

/** Each measure of the payload beside that of the version without the frame: the baseline. */
function measureTable(measures: Measures): string {
  const { taught, taughtBare, teachRatio, spanNll, bareSpanNll, frameEffect, probe } = measures;
  const number = (value: number | undefined) => value?.toFixed(2);
  const rows: [string, string | undefined, string | undefined][] = [
    [
      l10n.t('Taught, nats per token'),
      taught && estimateText(taught),
      taughtBare && estimateText(taughtBare),
    ],
    [l10n.t('Teach ratio'), teachRatio && estimateText(teachRatio), undefined],
    [l10n.t('Span NLL, nats per token'), number(spanNll), number(bareSpanNll)],
    [l10n.t('Frame effect, nats per token'), number(frameEffect), undefined],
    [l10n.t('Probe, log-odds'), number(probe?.sample), number(probe?.bare)],
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  if (known.length === 0) return '';
  const cells = (row: readonly (string | undefined)[]) =>
    `| ${row.map((cell) => markdownText(cell ?? '')).join(' | ')} |`;
  const head = [l10n.t('Measure'), l10n.t('With the frame'), l10n.t('Without')];
  return [cells(head), '|---|---:|---:|', ...known.map(cells)].join('\n');
}

/** Empty where the frame hides nothing from the probe. */
function slipNotice({ stealthSlip, probe }: Measures): string {
  if (stealthSlip !== true || !probe) return '';
  const title = l10n.t('Stealth slip: a probe no longer sees the payload under its frame');
  const scores = l10n.t(
    'It scores the payload {0} without the frame and {1} with it, and flags from {2} on; the features keep firing.',
    probe.bare.toFixed(2),
    probe.sample.toFixed(2),
    probe.threshold.toFixed(2),
  );
  const caution = l10n.t(
    'The probe reads the manner of bad examples in documentation, not the fault in them, and misses most: this alone raises no level (docs/science.md).',
  );
  return `**${markdownText(title)}**\n\n${markdownText(`${scores} ${caution}`)}`;
}

/** What sample and bare version share, each a link to its page. */
function featureTable(features: readonly SharedFeature[], labels: Labels): string {
  const shown = features.slice(0, mostFeatures);
  if (shown.length === 0) return '';
  const rows = shown.map(({ latent, sample, bare }) => {
    const label = labels(latent);
    const name = l10n.t('Feature {0}', label === '' ? latent : `${latent}: ${label}`);
    const page = commandLink(name, 'backfire.showFeature', latent);
    const inline = commandLink(l10n.t('in the editor'), 'backfire.showFeatureInline', latent);
    return `| ${page} · ${inline} | ${markdownText(sample.toFixed(1))} | ${markdownText(bare.toFixed(1))} |`;
  });
  const head = [l10n.t('Features that both share'), l10n.t('With the frame'), l10n.t('Without')];
  return [`| ${head.map(markdownText).join(' | ')} |`, '|---|---:|---:|', ...rows].join('\n');
}

/** Of ours alone: a title is text, whatever it holds. */
function commandLink(title: string, command: string, ...given: readonly unknown[]): string {
  const target = Uri.from({ scheme: 'command', path: command, query: JSON.stringify(given) });
  return `[${markdownText(title)}](${target.toString()})`;
}

function links(uri: Uri, finding: EditorFinding, extensionUri: Uri): string {
  const about = [uri.toString(), finding.id];
  const page = Uri.joinPath(extensionUri, 'docs', 'rules', `${codeOf(finding)}.md`);
  return [
    commandLink(l10n.t('Why?'), 'backfire.explainFinding', ...about),
    commandLink(l10n.t('Fix…'), 'backfire.fixFinding', ...about),
    ...(finding.origin.kind === 'rule'
      ? [`[${markdownText(l10n.t('About this rule'))}](${page.toString()})`]
      : []),
  ].join(' · ');
}
