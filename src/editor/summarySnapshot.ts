import { env, l10n, workspace } from 'vscode';
import type { Level } from '../analysis/levelNames.js';
import { visibleText } from '../analysis/visibleText.js';
import type { CorpusCounts, CountedGroup } from './corpusCounts.js';
import { filesText, findingsText } from './countText.js';
import type { ScanCost, ScanStageName } from './scanCost.js';
import { scanText } from './scanCounts.js';
import type {
  ShownGroup,
  SummaryAction,
  SummaryRow,
  SummarySection,
  SummarySnapshot,
  SummaryTile,
} from './summaryMessages.js';
import type { WorkspaceScan } from './workspaceScan.js';

/** What the page says before anything was scanned, or after it was cleared, is what to do. */
export function summarySnapshot(
  scan: Pick<WorkspaceScan, 'isRunning' | 'counts' | 'cost'>,
  counts: CorpusCounts,
  isFiltered: boolean,
): SummarySnapshot {
  const { isRunning, cost } = scan;
  const title = l10n.t('Backfire Summary');
  const hasFolder = (workspace.workspaceFolders ?? []).length > 0;
  const isEmpty = counts.listed + counts.unlisted === 0 && !cost;
  if (isEmpty && !isRunning) {
    const status = hasFolder
      ? l10n.t('Nothing was scanned yet. Analyze the workspace: the charts come when the scan ends.')
      : l10n.t('Open a folder first: there is no workspace to analyze.');
    return { title, status, cautions: [], actions: hasFolder ? [analyze()] : [], sections: [] };
  }
  return {
    title,
    status: isRunning ? scanText(isRunning, scan.counts) : foundText(counts),
    cautions: cautionsOf(counts, cost, { isRunning, isFiltered }),
    actions: actionsOf(isRunning, isFiltered, hasFolder),
    sections: [...(counts.listed > 0 ? findingSections(counts) : []), ...(cost ? [costSection(cost)] : [])],
  };
}

function analyze(): SummaryAction {
  return { text: l10n.t('Analyze Workspace'), command: 'backfire.analyzeWorkspace' };
}

function actionsOf(isRunning: boolean, isFiltered: boolean, hasFolder: boolean): SummaryAction[] {
  return [
    ...(isRunning ? [{ text: l10n.t('Cancel Scan'), command: 'backfire.cancelScan' } as const] : []),
    ...(!isRunning && hasFolder ? [analyze()] : []),
    ...(isFiltered ? [{ text: l10n.t('Remove Filter'), command: 'backfire.showAllFindings' } as const] : []),
    ...(hasFolder ? [{ text: l10n.t('Export Report…'), command: 'backfire.exportReport' } as const] : []),
  ];
}

function foundText({ listed, files }: CorpusCounts): string {
  return listed === 0
    ? l10n.t('No finding is listed.')
    : l10n.t('{0} in {1}', findingsText(listed), filesText(files));
}

/** Never silent: why the numbers are not those of everything. */
function cautionsOf(
  { unlisted }: CorpusCounts,
  cost: ScanCost | undefined,
  { isRunning, isFiltered }: { readonly isRunning: boolean; readonly isFiltered: boolean },
): string[] {
  return [
    ...(isRunning ? [l10n.t('A scan is under way: the charts follow when it ends.')] : []),
    ...(!isRunning && cost?.isWhole === false
      ? [l10n.t('The last scan did not come to its end: this is what was found until then.')]
      : []),
    ...(unlisted > 0
      ? [
          l10n.t(
            '{0} more are not listed: the settings backfire.minimumLevel and backfire.kinds leave them out.',
            findingsText(unlisted),
          ),
        ]
      : []),
    ...(isFiltered
      ? [l10n.t('The Findings view is filtered and shows fewer; the filter does not touch these charts.')]
      : []),
  ];
}

function findingSections(counts: CorpusCounts): SummarySection[] {
  const findings = l10n.t('Findings');
  const groups = (
    by: ShownGroup['by'],
    [title, head]: readonly [string, string],
    counted: readonly LabelledGroup[],
  ): SummarySection => ({
    ...sectionOf(by, title, [head, onItsScale(), findings]),
    rows: barsOf(by, counted),
  });
  const levels = counts.levels.map((group) => ({ ...group, label: l10n.t(group.value), level: group.value }));
  const rules = counts.rules.map((group) => ({ ...group, label: group.title }));
  const kinds = counts.kinds.map((group) => ({ ...group, label: l10n.t(group.value) }));
  return [
    groups('level', [l10n.t('Findings by level'), l10n.t('Level')], levels),
    groups('rule', [l10n.t('Findings by rule'), l10n.t('Rule')], rules),
    groups('kind', [l10n.t('Findings by kind'), l10n.t('Kind')], kinds),
    wordingSection(counts),
  ];
}

interface LabelledGroup extends CountedGroup {
  readonly label: string;
  readonly level?: Level;
}

/** Each leads to its findings, where it has some. */
function barsOf(by: ShownGroup['by'], groups: readonly LabelledGroup[]): SummaryRow[] {
  const most = Math.max(1, ...groups.map(({ count }) => count));
  return groups.map(({ value, count, label, level }) => {
    const name = l10n.t('{0}: show {1}', label, findingsText(count));
    return {
      label,
      share: count / most,
      values: [numberText(count)],
      ...(level === undefined ? {} : { level }),
      ...(count > 0 ? { shows: { by, value, name } } : {}),
    };
  });
}

/** What the summary of the command line says, too: docs/corpora.md. */
function wordingSection({ wordings, asManyAs }: CorpusCounts): SummarySection {
  const { frames, groups, entropy, missed, top } = wordings;
  const most = Math.max(1, ...top.map((group) => group.frames));
  return {
    ...sectionOf('wordings', l10n.t('Wordings of the warnings'), [
      l10n.t('Wording'),
      onItsScale(),
      l10n.t('Frames'),
      l10n.t('Share'),
    ]),
    lead:
      frames < 2
        ? l10n.t('Too few frames to tell how varied they are.')
        : l10n.t(
            '{0} different ones among {1} frames, nearly alike ones taken as one: as varied as {2} equally frequent ones (entropy {3} bits).',
            numberText(groups),
            numberText(frames),
            numberText(asManyAs, 1),
            numberText(entropy, 1),
          ),
    rows: top.map((group) => ({
      label: visibleText(group.wording) || l10n.t('no words'),
      share: group.frames / most,
      values: [numberText(group.frames), percentText(group.frames / frames)],
    })),
    notes: missed > 0 ? [l10n.t('{0} more frames were not grouped.', numberText(missed))] : [],
  };
}

function costSection(cost: ScanCost): SummarySection {
  const { counts, measures, payloadTokens, stages } = cost;
  const skipped = Object.values(counts.skipped).reduce((sum, count) => sum + count, 0);
  const tile = (name: string, value: string): SummaryTile => ({ name, value });
  const longest = Math.max(1, ...stages.map(({ ms }) => ms));
  const measuring = stages.find(({ name }) => name === 'measure')!;
  return {
    ...sectionOf('cost', l10n.t('Cost of the last scan'), [
      l10n.t('Stage'),
      onItsScale(),
      l10n.t('Time'),
      l10n.t('In'),
      l10n.t('Out'),
    ]),
    lead: l10n.t('It ended on {0}.', new Date(cost.endedAt).toLocaleString(env.language)),
    tiles: [
      tile(l10n.t('Files'), numberText(counts.files)),
      tile(l10n.t('of these unchanged'), numberText(counts.unchanged)),
      tile(l10n.t('Left out'), numberText(skipped)),
      tile(
        l10n.t('Samples measured'),
        l10n.t('{0} of {1}', numberText(measuring.out), numberText(measuring.in)),
      ),
      tile(l10n.t('from the cache'), numberText(measures.cached)),
      tile(l10n.t('computed'), numberText(measures.computed)),
      tile(l10n.t('Payload tokens'), numberText(payloadTokens)),
      tile(l10n.t('Time in all'), timeText(cost.ms)),
    ],
    rows: stages.map((stage) => ({
      label: stageText(stage.name),
      share: stage.ms / longest,
      values: [timeText(stage.ms), numberText(stage.in), numberText(stage.out)],
    })),
    notes: [
      scanText(false, counts),
      l10n.t(
        'The model measures while further files are read, so that the stages overlap. Unchanged files are not analyzed again.',
      ),
    ].filter((text) => text !== ''),
  };
}

function stageText(name: ScanStageName): string {
  return {
    read: l10n.t('Reading: files → texts'),
    parse: l10n.t('Looking for frames and payloads: texts → candidates'),
    choose: l10n.t('Telling kinds: candidates → samples'),
    measure: l10n.t('Measuring: samples → measured'),
  }[name];
}

function sectionOf(
  id: SummarySection['id'],
  title: string,
  heads: readonly string[],
): Omit<SummarySection, 'rows'> {
  return { id, title, heads, tiles: [], notes: [] };
}

function onItsScale(): string {
  return l10n.t('On its scale');
}

function numberText(value: number, digits = 0): string {
  return value.toLocaleString(env.language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function percentText(share: number): string {
  return `${numberText(100 * share)} %`;
}

function timeText(ms: number): string {
  return ms < 1000 ? `${numberText(ms)} ms` : `${numberText(ms / 1000, 1)} s`;
}
