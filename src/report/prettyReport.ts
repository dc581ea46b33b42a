import type { Finding } from '../analysis/finding.js';
import { levels, type Level } from '../analysis/levelNames.js';
import { harmlessReasons } from '../analysis/harmless.js';
import { kindNames } from '../analysis/kind/kindNames.js';
import { repeatsOf } from '../analysis/repeats.js';
import { worstFirst } from '../analysis/worstFirst.js';
import type { HarmlessLine, Skipped, Stage, Summary } from '../corpus/scanLine.js';
import { type Bar, barChart } from './barChart.js';
import { bytesText } from './byteSize.js';
import { repeatedText } from './repeatedText.js';
import { wordingsText } from './wordingsText.js';
import { findingBlock, type BlockStyle } from './findingBlock.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { fitColumns, terminalLine, wrapColumns } from './terminalText.js';

/** A terminal is no place for more; the other formats leave nothing out. */
const shownFindings = 1000;
const shownSkips = 10;
const shownHarmless = 20;

/** For reading: the findings by level, security first, and by what they teach, then what was skipped, then what it cost. */
export function prettyReport(write: WriteText, style: BlockStyle): ReportWriter {
  let findings: Finding[] = [];
  const skips: Skipped[] = [];
  const notes: string[] = [];
  const harmless: HarmlessLine[] = [];
  let allHarmless = 0;
  const listed = new ListedCounts();
  return {
    async write(line) {
      switch (line.type) {
        case 'scan':
          break;
        case 'finding':
          findings.push(line);
          listed.count(line);
          if (findings.length >= 2 * shownFindings)
            findings = findings.sort(worstFirst).slice(0, shownFindings);
          break;
        case 'harmless':
          allHarmless += 1;
          if (harmless.length < shownHarmless) harmless.push(line);
          break;
        case 'skipped':
          if (skips.length < shownSkips) skips.push(line);
          break;
        case 'unit':
          if (notes.length < shownSkips) notes.push(...line.notes.map((note) => `${line.path}: ${note}`));
          break;
        case 'summary': {
          const repeatedOf = repeatsOf(line.exposures);
          for (const each of findings.sort(worstFirst).slice(0, shownFindings)) {
            await write(`${findingBlock(each, style, repeatedOf(each))}\n`);
          }
          await write(harmlessText(harmless, allHarmless, style));
          await write(listed.text(style));
          await write(repeatedText(line.exposures, style));
          await write(wordingsText(line.wordings, style));
          await write(summaryText(line, findings, skips, notes, style));
          break;
        }
      }
    },
  };
}

const shownRules = 8;

/** What the listed findings are, drawn as bars. A single finding needs no picture. */
class ListedCounts {
  private readonly byLevel = new Map<string, number>();
  private readonly byKind = new Map<string, number>();
  private readonly byRule = new Map<string, number>();
  private all = 0;

  count({ level, kind, rule, suppressed }: Finding): void {
    if (suppressed !== undefined) return;
    this.all += 1;
    for (const [counts, name] of [
      [this.byLevel, level],
      [this.byKind, kind.name],
      [this.byRule, rule],
    ] as const)
      counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  text(style: BlockStyle): string {
    if (this.all < 2) return '';
    const { palette } = style;
    const byCount = (counts: ReadonlyMap<string, number>): Bar[] =>
      [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
    const byLevel = levels.flatMap((level): Bar[] => {
      const count = this.byLevel.get(level);
      return count === undefined ? [] : [{ name: level, count, paint: (bar) => palette.level(level, bar) }];
    });
    const byKind = byCount(this.byKind);
    const byRule = byCount(this.byRule);
    const shown = byRule.slice(0, shownRules);
    const more = byRule.length - shown.length;
    const labels = Math.max(...[...byLevel, ...byKind, ...shown].map(({ name }) => name.length));
    return [
      ...[palette.strong('Levels'), ...barChart(byLevel, labels, style)],
      ...[palette.strong('Kinds'), ...barChart(byKind, labels, style)],
      ...[palette.strong('Rules'), ...barChart(shown, labels, style)],
      ...(more > 0 ? [palette.faint(`  … and ${more} more`)] : []),
      '\n',
    ].join('\n');
  }
}

function summaryText(
  summary: Summary,
  findings: readonly Finding[],
  skips: readonly Skipped[],
  notes: readonly string[],
  { columns, palette }: BlockStyle,
): string {
  const lines: string[] = [];
  const unshown = summary.listed - Math.min(findings.length, shownFindings);
  if (unshown > 0) lines.push(`… and ${unshown} more: --format jsonl lists them all`, '');
  if (findings.some((each) => each.measures?.calibrated === false)) {
    const caution = '* uncalibrated: the figures rank samples, they are not yet fitted to real training';
    lines.push(...wrapColumns(caution, columns).map(palette.faint), '');
  }
  if (summary.interrupted) lines.push(palette.strong('Interrupted: this is what was done until then.'));
  lines.push(headline(summary, palette));
  lines.push(...setAsideText(summary).flatMap((text) => wrapColumns(text, columns).map(palette.faint)));
  const files = `${summary.files} ${summary.files === 1 ? 'file' : 'files'}, ${bytesText(summary.bytes)}`;
  const cost = `${files}, ${seconds(summary.ms)}, model pack ${terminalLine(summary.pack)}`;
  lines.push(palette.faint(fitColumns(cost, columns)));
  for (const stage of summary.stages)
    lines.push(palette.faint(fitColumns(`  ${stageText(stage, summary)}`, columns)));
  lines.push(...originsText(summary).map((text) => palette.faint(fitColumns(`  ${text}`, columns))));
  lines.push(...suppressedText(summary), ...skippedText(summary, skips, columns, palette));
  for (const note of notes.slice(0, shownSkips))
    lines.push(palette.faint(fitColumns(`note  ${terminalLine(note)}`, columns)));
  return `${lines.join('\n')}\n`;
}

function headline({ levels: counts, stages, listed }: Summary, palette: BlockStyle['palette']): string {
  const detected = stages.find((stage) => stage.name === 'kind')?.in ?? 0;
  if (detected === 0) return palette.strong('No warning-framed demonstration found.');
  const parts = levels.map((level: Level) => palette.level(level, `${counts[level]} ${level}`));
  return `${palette.strong('Findings')}  ${parts.join(' · ')}  ${palette.faint(`(${listed} listed)`)}`;
}

/** Never silent: what has no level because of its kind is counted here. */
function setAsideText({ setAside }: Summary): string[] {
  const counts = kindNames.flatMap((kind) => (setAside[kind] > 0 ? [`${setAside[kind]} about ${kind}`] : []));
  return counts.length === 0 ? [] : [`${counts.join(', ')} set aside unmeasured; --kind all measures them`];
}

const stageUnits: Record<Stage['name'], readonly [string, string]> = {
  read: ['files', 'texts'],
  prefilter: ['texts', 'with a word of warning'],
  parse: ['texts', 'candidates'],
  detect: ['candidates', 'likely enough'],
  kind: ['candidates', 'of the kinds asked for'],
  measure: ['candidates', 'measured'],
};

function stageText({ name, in: taken, out, ms }: Stage, { payloadTokens }: Summary): string {
  const [from, to] = stageUnits[name];
  const tokens = name === 'measure' ? `, ${payloadTokens} payload tokens` : '';
  return `${name.padEnd(10)}${seconds(ms).padStart(8)}   ${taken} ${from} → ${out} ${to}${tokens}`;
}

function originsText({ measures }: Summary): string[] {
  if (measures === undefined || measures.cached + measures.computed === 0) return [];
  return [`measures: ${measures.cached} from the cache, ${measures.computed} computed`];
}

function suppressedText({ suppressed, staleBaseline = 0 }: Summary): string[] {
  const lines: string[] = [];
  const total = suppressed.comment + suppressed.record + suppressed.baseline;
  if (total > 0) {
    const counts = Object.entries(suppressed).flatMap(([kind, count]) =>
      count > 0 ? [`${count} by ${kind}`] : [],
    );
    lines.push(`${total} suppressed: ${counts.join(', ')} (--show-suppressed lists them)`);
  }
  if (staleBaseline > 0) {
    const entries = staleBaseline === 1 ? '1 entry' : `${staleBaseline} entries`;
    lines.push(`${entries} of the baseline no longer found (--write-baseline drops them)`);
  }
  return lines;
}

function harmlessText(lines: readonly HarmlessLine[], all: number, { columns, palette }: BlockStyle): string {
  if (all === 0) return '';
  const shown = lines.map(({ path, record, line, column, reason, detail, text, detection }) => {
    const place = [path, record, line, column].filter((each) => each !== undefined).join(':');
    const why =
      reason === 'unlikely'
        ? `probability ${(detection ?? 0).toFixed(2)}: ${detail}`
        : harmlessReasons[reason];
    return fitColumns(`  ${terminalLine(`${place}  ${why}`)}  ${terminalLine(text)}`, columns);
  });
  if (all > lines.length)
    shown.push(palette.faint(`  … and ${all - lines.length} more: --format jsonl lists them all`));
  return `${palette.strong('Harmless')}  ${all} ${all === 1 ? 'warning shows' : 'warnings show'} nothing to learn\n${shown.join('\n')}\n\n`;
}

function skippedText(
  { skipped, ignored }: Summary,
  skips: readonly Skipped[],
  columns: number,
  palette: BlockStyle['palette'],
): string[] {
  const lines: string[] = [];
  const total = Object.values(skipped).reduce((sum, each) => sum + each, 0);
  if (total > 0) {
    const counts = Object.entries(skipped).map(([reason, count]) => `${count} ${reason}`);
    lines.push(`${palette.strong('Skipped')}  ${counts.join(' · ')}`);
    for (const { path, record, line, reason, detail } of skips) {
      const place = [path, record, line].filter((each) => each !== undefined).join(':');
      lines.push(palette.faint(fitColumns(`  ${terminalLine(`${place}  ${reason}: ${detail}`)}`, columns)));
    }
    if (total > skips.length) lines.push(palette.faint(`  … and ${total - skips.length} more`));
  }
  if (ignored > 0)
    lines.push(palette.faint(`${ignored} entries left out by .gitignore, node_modules or .git`));
  return lines;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
