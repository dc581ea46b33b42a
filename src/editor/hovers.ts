import { type Disposable, Hover, l10n, languages, MarkdownString, Uri } from 'vscode';
import type { Measures } from '../analysis/finding.js';
import { rangeOf } from './documentRange.js';
import { codeOf, type EditorFinding, estimateText, sentenceOf, subjectOf, titleOf } from './editorFinding.js';
import type { FindingStore } from './findingStore.js';
import { markdownText } from './markdownText.js';
import { findingsInEditor } from './shownFindings.js';

/** Nothing else is run from a hover, whatever its text says. */
const enabledCommands = ['backfire.explainFinding', 'backfire.fixFinding'];

/** Over a frame or a payload: the measures with their intervals, what they are compared with, and why it was found. */
export function showHovers(store: FindingStore, extensionUri: Uri): Disposable {
  return languages.registerHoverProvider(
    { pattern: '**' },
    {
      provideHover: (document, position) => {
        const offset = document.offsetAt(position);
        const found = findingsInEditor(store, document.uri).flatMap((finding) => {
          const spans = [finding.payload, ...(finding.frame ? [finding.frame] : [])];
          const span = spans.find(({ start, end }) => start <= offset && offset < end);
          return span ? [{ finding, span }] : [];
        });
        const [first] = found;
        if (!first) return undefined;
        const texts = found.map(({ finding }) => hoverText(document.uri, finding, extensionUri));
        return new Hover(texts, rangeOf(document, first.span));
      },
    },
  );
}

function hoverText(uri: Uri, finding: EditorFinding, extensionUri: Uri): MarkdownString {
  const title = `**${markdownText(titleOf(finding))}** · ${markdownText(subjectOf(finding))}`;
  const reasons = finding.reasons.map((reason) => `- ${markdownText(reason)}`).join('\n');
  const parts = [
    title,
    markdownText(sentenceOf(finding)),
    finding.result.kind === 'measured' ? measureTable(finding.result.measures) : '',
    reasons,
    links(uri, finding, extensionUri),
  ];
  const text = new MarkdownString(parts.filter((part) => part !== '').join('\n\n'));
  text.isTrusted = { enabledCommands };
  return text;
}

/** Each measure of the payload beside that of the version without the frame: the baseline. */
function measureTable(measures: Measures): string {
  const { taught, taughtBare, teachRatio, spanNll, bareSpanNll, frameEffect } = measures;
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
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  if (known.length === 0) return '';
  const cells = (row: readonly (string | undefined)[]) =>
    `| ${row.map((cell) => markdownText(cell ?? '')).join(' | ')} |`;
  const head = [l10n.t('Measure'), l10n.t('With the frame'), l10n.t('Without')];
  return [cells(head), '|---|---:|---:|', ...known.map(cells)].join('\n');
}

function links(uri: Uri, finding: EditorFinding, extensionUri: Uri): string {
  const command = (name: string) =>
    Uri.from({
      scheme: 'command',
      path: name,
      query: JSON.stringify([uri.toString(), finding.id]),
    }).toString();
  const link = (title: string, target: string) => `[${markdownText(title)}](${target})`;
  const page = Uri.joinPath(extensionUri, 'docs', 'rules', `${codeOf(finding)}.md`);
  return [
    link(l10n.t('Why?'), command('backfire.explainFinding')),
    link(l10n.t('Fix…'), command('backfire.fixFinding')),
    ...(finding.origin.kind === 'rule' ? [link(l10n.t('About this rule'), page.toString())] : []),
  ].join(' · ');
}
