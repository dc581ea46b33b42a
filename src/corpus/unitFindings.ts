import type { Suppressed } from '../analysis/candidate.js';
import { isAtLeast } from '../analysis/levelNames.js';
import { isAskedFor, isSetAside } from '../analysis/levels.js';
import type { Sample } from '../analysis/sample.js';
import { suppressedByRecord } from '../analysis/suppressions.js';
import { splitFingerprint } from './baseline.js';
import {
  completeFinding,
  type FindingDraft,
  type FindingDrafts,
  type Found,
  setAsideFinding,
  suppressedFinding,
} from './findingDraft.js';
import type { MeasureQueue, QueuedResult } from './measureQueue.js';
import type { Source } from './recordDocuments.js';
import type { ScanLine } from './scanLine.js';
import type { StageTimes } from './scanTally.js';
import type { ScanTask } from './scanTask.js';
import { skippedLine, type SlotOutcome, type UnitInFlight } from './unitInFlight.js';

/** What is found in a unit: suppressed, set aside for its kind, or measured. Each has its place in the report. */
export class UnitFindings {
  constructor(
    private readonly unit: UnitInFlight,
    private readonly task: ScanTask,
    private readonly queue: MeasureQueue,
    private readonly spent: StageTimes,
  ) {}

  /** `cutSample` is called only where a measure is needed. */
  async add(found: Found, origin: Source, drafts: FindingDrafts, cutSample: () => Sample): Promise<void> {
    const { unit, task } = this;
    const { options, pack } = task.header;
    const started = performance.now();
    const draft = drafts.draft(found);
    this.spent.kind += performance.now() - started;
    const suppressed = this.suppressionOf(found, origin, draft);
    if (suppressed !== undefined) {
      unit.counts.suppressed[suppressed.kind] += 1;
      if (options.showSuppressed === true) unit.addLines([suppressedFinding(draft, suppressed, pack)]);
      else unit.unlisted.push(draft.payloadKeys);
    } else if (isSetAside(draft.kind, options.kinds)) {
      unit.counts.setAside[draft.kind.name] += 1;
      const isListed = options.minLevel === 'none' && isAskedFor(draft.kind, options.kinds);
      if (isListed) unit.addLines([setAsideFinding(draft, pack)]);
      else unit.unlisted.push(draft.payloadKeys);
    } else {
      await this.measure(draft, origin, cutSample);
    }
  }

  private async measure(draft: FindingDraft, origin: Source, cutSample: () => Sample): Promise<void> {
    const { unit, task, queue } = this;
    await queue.room();
    const measuring = queue.measure(cutSample());
    unit.waiting += 1;
    const settled = (): void => {
      unit.waiting -= 1;
    };
    measuring.then((result) => {
      settled();
      if (result.kind === 'measured') task.onProgress?.(task.tally.foundLevel(result.level));
    }, settled);
    task.onProgress?.(task.tally.queuedOne());
    unit.add(async () => this.measured(await measuring, draft, origin));
  }

  private measured(result: QueuedResult, draft: FindingDraft, origin: Source): SlotOutcome {
    const { counts, path, unlisted } = this.unit;
    const { options, pack } = this.task.header;
    if (result.kind === 'cancelled') return { lines: [], isWhole: false };
    const isListed = isAtLeast(result.kind === 'measured' ? result.level : 'none', options.minLevel);
    if (!isListed) unlisted.push(draft.payloadKeys);
    const lines: ScanLine[] = isListed ? [completeFinding(draft, result, pack)] : [];
    if (result.kind === 'measured') {
      counts.measured += 1;
      counts.payloadTokens += result.measures.payloadTokens;
      counts.levels[result.level] += 1;
    } else {
      counts.notScored += 1;
      const place = { record: origin.record, line: draft.source.line };
      lines.push(skippedLine(path, 'not-scored', result.reason, place));
    }
    return { lines, isWhole: true };
  }

  /** What tells to leave a finding alone: the text, its record, or the baseline. */
  private suppressionOf(
    { rule, suppressed }: Found,
    { suppression }: Source,
    { fingerprint }: FindingDraft,
  ): Suppressed | undefined {
    const { unit, task } = this;
    const told = suppressed ?? suppressedByRecord(suppression, rule);
    if (told !== undefined) return told;
    const { content, ordinal } = splitFingerprint(fingerprint);
    unit.found.set(content, { rule, count: Math.max(ordinal, unit.found.get(content)?.count ?? 0) });
    return task.baseline?.has(unit.path, fingerprint) === true ? { kind: 'baseline' } : undefined;
  }
}
