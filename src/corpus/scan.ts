import type { Candidate, Suppressed, TextDocument } from '../analysis/candidate.js';
import type { PayloadKeys } from '../analysis/exposures.js';
import { levels, type Level } from '../analysis/levelNames.js';
import { findHarmless } from '../analysis/harmless.js';
import { isAskedFor, isSetAside } from '../analysis/levels.js';
import type { Sample } from '../analysis/sample.js';
import { sampleOf } from '../analysis/sampleWindow.js';
import {
  readSuppressions,
  suppressedByRecord,
  suppressionProblems,
  withoutSuppressions,
} from '../analysis/suppressions.js';
import type { Engine } from '../engine/engine.js';
import { type Baseline, type Occurrence, splitFingerprint } from './baseline.js';
import {
  completeFinding,
  type FindingDraft,
  FindingDrafts,
  type Found,
  setAsideFinding,
  suppressedFinding,
  type TextOrigin,
} from './findingDraft.js';
import { harmlessLines } from './harmlessLines.js';
import { limitsOf, type MeasureOrigins, MeasureQueue } from './measureQueue.js';
import { cutToPart } from './joinedText.js';
import type { RecordText } from './recordContent.js';
import { readRecord, type Source } from './recordDocuments.js';
import { noCounts, type Counts, type ScanHeader, type ScanLine, type Skipped } from './scanLine.js';
import { assertAddsUp, type ScanProgress, type ScanTally, type StageTimes } from './scanTally.js';
import type { RecordInput, RecordRange, UnitInput } from './unitInput.js';

/** The text-only half of the analysis: what may hold a frame, and which frames have a payload. */
export interface Detector {
  mayHoldFrame(text: string): boolean;
  findCandidates(document: TextDocument): Promise<readonly Candidate[]>;
}

export interface ScanTask {
  readonly header: ScanHeader;
  readonly units: AsyncIterable<UnitInput>;
  readonly detector: Detector;
  readonly engine: Engine;
  /** Calls that the engine works on at once; one by default. */
  readonly jobs?: number | undefined;
  /** Aborting stops the reading; what is measured by then still comes out, and a summary. */
  readonly signal: AbortSignal;
  readonly tally: ScanTally;
  /** Findings that are known already. */
  readonly baseline?: Baseline | undefined;
  readonly onProgress?: (progress: ScanProgress) => void;
  /** For a scan that goes on where a process has died. */
  readonly watch?: ScanWatch | undefined;
}

/** What tells which text a process died of, and passes it by. */
export interface ScanWatch {
  /** Called before the texts of a file, or of a record, are looked at. */
  onBegin(path: string, record?: number): void;
  /** Whether a process has died of this one: then it is recorded instead. */
  hasCrashed(path: string, record?: number): boolean;
}

const crashDetail = 'a process ended each time that it looked at this text';

/** Units that wait for their measures behind the one that comes out next. */
const unitsInFlight = 1000;

type Slot = (pack: string) => Promise<SlotOutcome>;
type SlotOutcome = { readonly lines: readonly ScanLine[]; readonly isWhole: boolean };

type WorkInput = Exclude<UnitInput, { kind: 'ignored' }>;

/** What is kept of a unit while its samples are measured: no text of it. */
interface UnitInFlight {
  readonly path: string;
  readonly outcome: 'read' | 'skipped';
  readonly range: RecordRange | undefined;
  readonly counts: Counts;
  readonly notes: string[];
  readonly slots: Slot[];
  /** For a baseline: what was found, by fingerprint. */
  readonly found: Map<string, Occurrence>;
  readonly unlisted: PayloadKeys[];
  waiting: number;
  /** Milliseconds that its texts took. */
  worked: number;
}

/**
 * Reads, looks for candidates and has them measured, all at once, and yields the lines of the report in the order
 * of the input. A unit's line follows only when the unit is whole.
 */
export async function* scan(task: ScanTask): AsyncGenerator<ScanLine> {
  const run = new ScanRun(task);
  const summary = (interrupted: boolean): ScanLine =>
    task.tally.summary(
      interrupted,
      task.header.pack,
      run.times(),
      run.measures(),
      interrupted ? undefined : task.baseline?.stale(task.tally.occurrences),
    );
  if (!task.tally.isResumed) yield task.header;
  try {
    yield* run.lines();
    if (!task.signal.aborted) task.tally.assertWhole();
  } catch (error) {
    yield summary(true);
    throw error;
  }
  yield summary(task.signal.aborted);
}

class ScanRun {
  private readonly queue: MeasureQueue;
  private readonly spent: StageTimes = { read: 0, prefilter: 0, parse: 0, detect: 0, kind: 0, measure: 0 };
  /** False as soon as a unit came out in part: a resumed scan starts there. */
  private isGapless = true;

  constructor(private readonly task: ScanTask) {
    this.queue = new MeasureQueue(task.engine, task.signal, {
      ...limitsOf(task.jobs ?? 1),
      onDone: (samples) => task.onProgress?.(task.tally.doneSamples(samples)),
    });
  }

  times(): StageTimes {
    return { ...this.spent, measure: this.queue.busyMs };
  }

  measures(): MeasureOrigins {
    return this.queue.measures;
  }

  async *lines(): AsyncGenerator<ScanLine> {
    const inFlight: UnitInFlight[] = [];
    let readSince = performance.now();
    for await (const input of this.task.units) {
      this.spent.read += performance.now() - readSince;
      if (this.task.signal.aborted) break;
      if (input.kind === 'ignored') this.task.tally.ignored += 1;
      else inFlight.push(await this.begin(input));
      while (inFlight[0] !== undefined && (inFlight[0].waiting === 0 || inFlight.length > unitsInFlight)) {
        yield* this.finish(inFlight.shift() as UnitInFlight);
      }
      readSince = performance.now();
    }
    this.task.onProgress?.(this.task.tally.allRead());
    for (const unit of inFlight) yield* this.finish(unit);
  }

  private async begin(input: WorkInput): Promise<UnitInFlight> {
    const unit: UnitInFlight = {
      path: input.path,
      outcome: input.kind === 'skipped' ? 'skipped' : 'read',
      range: input.kind === 'text' ? undefined : input.range,
      counts: noCounts(),
      notes: [],
      slots: [],
      found: new Map(),
      unlisted: [],
      waiting: 0,
      worked: 0,
    };
    this.task.onProgress?.(this.task.tally.begun(input.path));
    switch (input.kind) {
      case 'text': {
        const { path, text, languageId, parts } = input;
        if (this.isCrash(unit, path)) break;
        unit.counts.bytes = input.bytes;
        unit.notes.push(...input.notes);
        const document = { text, path, ...(languageId === undefined ? {} : { languageId }) };
        await this.addText(unit, document, { path, ...(parts === undefined ? {} : { parts }) });
        break;
      }
      case 'records': {
        unit.counts.bytes = input.range.end - input.range.start;
        unit.counts.records.read = input.count;
        await this.addRecords(unit, input.records);
        break;
      }
      case 'skipped': {
        const { path, reason, detail, record, count = 0 } = input;
        unit.counts.records.read = count;
        unit.counts.records.skipped = count;
        addSkipped(unit, { type: 'skipped', ...pathOf({ path, record }), reason, detail });
        break;
      }
    }
    return unit;
  }

  private async addRecords(unit: UnitInFlight, records: Iterable<RecordInput>): Promise<void> {
    const budget = (this.task.header.options.unitTime ?? Infinity) * 1000;
    let late = 0;
    let firstLate = 0;
    for (const record of records) {
      if (unit.worked <= budget) {
        await this.addRecord(unit, record);
      } else {
        firstLate ||= record.number;
        late += 1;
      }
    }
    if (late === 0) return;
    unit.counts.records.skipped += late;
    const detail = `${late} records from this one on: the ${budget / 1000} seconds of --unit-time were used up`;
    addSkipped(unit, { type: 'skipped', path: unit.path, record: firstLate, reason: 'out-of-time', detail });
  }

  private async addRecord(unit: UnitInFlight, input: RecordInput): Promise<void> {
    const { path } = unit;
    if (this.isCrash(unit, path, input.number)) {
      unit.counts.records.skipped += 1;
      return;
    }
    const { maxFileSize, textField } = this.task.header.options;
    const read = readRecord(input, { path, maxBytes: maxFileSize, textField });
    switch (read.kind) {
      case 'blank':
        unit.counts.records.blank += 1;
        break;
      case 'skipped':
        unit.counts.records.skipped += 1;
        addSkipped(unit, {
          type: 'skipped',
          path,
          record: input.number,
          reason: read.reason,
          detail: read.detail,
        });
        break;
      case 'texts':
        unit.counts.records.scanned += 1;
        unit.notes.push(...read.notes);
        for (const { document, source, text } of read.texts) {
          await this.addText(unit, document, source);
          await this.addNamedText(unit, document, source, text);
        }
        break;
    }
  }

  private isCrash(unit: UnitInFlight, path: string, record?: number): boolean {
    const { watch } = this.task;
    if (watch?.hasCrashed(path, record) !== true) {
      watch?.onBegin(path, record);
      return false;
    }
    addSkipped(unit, {
      type: 'skipped',
      ...pathOf({ path, record }),
      reason: 'crashed',
      detail: crashDetail,
    });
    return true;
  }

  private async addText(unit: UnitInFlight, document: TextDocument, origin: Source): Promise<void> {
    if (this.task.signal.aborted) {
      unit.slots.push(() => Promise.resolve({ lines: [], isWhole: false }));
      return;
    }
    unit.counts.texts += 1;
    for (const { line, message } of suppressionProblems(document.text))
      unit.notes.push(
        `${origin.record === undefined ? '' : `line ${origin.record}, `}line ${line}: ${message}`,
      );
    const started = performance.now();
    const isPromising = this.task.detector.mayHoldFrame(document.text);
    const filtered = performance.now();
    this.spent.prefilter += filtered - started;
    if (!isPromising) {
      unit.worked += filtered - started;
      this.addHarmless(unit, document, origin, []);
      return;
    }
    unit.counts.parsed += 1;
    let candidates: readonly Candidate[];
    try {
      const found = await this.task.detector.findCandidates(document);
      candidates = found.flatMap((each) => cutToParts(each, origin.parts));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      addSkipped(unit, { type: 'skipped', ...pathOf(origin), reason: 'not-parsed', detail });
      return;
    } finally {
      const parsed = performance.now();
      this.spent.parse += parsed - filtered;
      unit.worked += parsed - started;
    }
    unit.counts.candidates += candidates.length;
    const likely = candidates.filter((each) => each.detection >= this.task.header.options.minDetection);
    unit.counts.detected += likely.length;
    this.addHarmless(unit, document, origin, candidates);
    const drafts = new FindingDrafts(document, origin);
    for (const candidate of likely) {
      await this.addFound(unit, origin, drafts, candidate, () => sampleOf(document, candidate).sample);
    }
  }

  private addHarmless(
    unit: UnitInFlight,
    document: TextDocument,
    origin: Source,
    candidates: readonly Candidate[],
  ): void {
    const { showHarmless, minDetection } = this.task.header.options;
    if (showHarmless !== true) return;
    const lines = harmlessLines(document.text, origin, findHarmless(document, candidates, minDetection));
    if (lines.length > 0) unit.slots.push(() => Promise.resolve({ lines, isWhole: true }));
  }

  /** A text that its field's name alone calls bad: measured as a payload without a frame. */
  private async addNamedText(
    unit: UnitInFlight,
    document: TextDocument,
    origin: Source,
    { field, text, warnedByName }: RecordText,
  ): Promise<void> {
    if (warnedByName === undefined) return;
    const { span, detection } = warnedByName;
    const payload = text.slice(span.start, span.end);
    if (payload.trim() === '') return;
    unit.counts.candidates += 1;
    if (detection < this.task.header.options.minDetection) return;
    unit.counts.detected += 1;
    const found: Found = {
      frame: null,
      payload: span,
      language: document.languageId ?? '',
      rule: 'record-field',
      detection,
      reasons: [`the field ${JSON.stringify(field)} holds the text`],
    };
    const suppressed = readSuppressions(text)?.of(found);
    const marked = suppressed === undefined ? found : { ...found, suppressed };
    const sample: Sample = { text: withoutSuppressions(payload)?.text ?? payload, language: found.language };
    await this.addFound(unit, origin, new FindingDrafts(document, origin), marked, () => sample);
  }

  private async addFound(
    unit: UnitInFlight,
    origin: Source,
    drafts: FindingDrafts,
    found: Found,
    cutSample: () => Sample,
  ): Promise<void> {
    const started = performance.now();
    const draft = drafts.draft(found);
    this.spent.kind += performance.now() - started;
    const suppressed = this.suppressionOf(unit, origin, found, draft);
    if (suppressed !== undefined) {
      unit.counts.suppressed[suppressed.kind] += 1;
      if (this.task.header.options.showSuppressed === true) {
        unit.slots.push((pack) =>
          Promise.resolve({ lines: [suppressedFinding(draft, suppressed, pack)], isWhole: true }),
        );
      } else {
        unit.unlisted.push(draft.payloadKeys);
      }
      return;
    }
    const { kinds, minLevel } = this.task.header.options;
    if (isSetAside(draft.kind, kinds)) {
      unit.counts.setAside[draft.kind.name] += 1;
      if (minLevel === 'none' && isAskedFor(draft.kind, kinds)) {
        unit.slots.push((pack) => Promise.resolve({ lines: [setAsideFinding(draft, pack)], isWhole: true }));
      } else {
        unit.unlisted.push(draft.payloadKeys);
      }
      return;
    }
    await this.queue.room();
    const measuring = this.queue.measure(cutSample());
    unit.waiting += 1;
    const settled = (): void => {
      unit.waiting -= 1;
    };
    measuring.then((result) => {
      settled();
      if (result.kind === 'measured') this.task.onProgress?.(this.task.tally.foundLevel(result.level));
    }, settled);
    this.task.onProgress?.(this.task.tally.queuedOne());
    unit.slots.push(async (pack) => {
      const result = await measuring;
      switch (result.kind) {
        case 'cancelled':
          return { lines: [], isWhole: false };
        case 'failed': {
          const { line } = draft.source;
          const detail = result.reason;
          unit.counts.notScored += 1;
          const skipped: Skipped = { type: 'skipped', ...pathOf(origin), line, reason: 'not-scored', detail };
          const isListed = minLevel === 'none';
          if (!isListed) unit.unlisted.push(draft.payloadKeys);
          const finding = completeFinding(draft, result, pack);
          return { lines: isListed ? [finding, skipped] : [skipped], isWhole: true };
        }
        case 'measured': {
          unit.counts.measured += 1;
          unit.counts.payloadTokens += result.measures.payloadTokens;
          unit.counts.levels[result.level] += 1;
          const isListed = isAtLeast(result.level, minLevel);
          if (!isListed) unit.unlisted.push(draft.payloadKeys);
          return { lines: isListed ? [completeFinding(draft, result, pack)] : [], isWhole: true };
        }
      }
    });
  }

  /** What tells to leave a finding alone: the text, its record, or the baseline. */
  private suppressionOf(
    unit: UnitInFlight,
    { suppression }: Source,
    { rule, suppressed }: Found,
    { fingerprint }: FindingDraft,
  ): Suppressed | undefined {
    const told = suppressed ?? suppressedByRecord(suppression, rule);
    if (told !== undefined) return told;
    const { content, ordinal } = splitFingerprint(fingerprint);
    unit.found.set(content, { rule, count: Math.max(ordinal, unit.found.get(content)?.count ?? 0) });
    return this.task.baseline?.has(unit.path, fingerprint) === true ? { kind: 'baseline' } : undefined;
  }

  private async *finish(unit: UnitInFlight): AsyncGenerator<ScanLine> {
    const { path, outcome, range, counts, notes, unlisted } = unit;
    for (const slot of unit.slots) {
      const { lines, isWhole } = await slot(this.task.header.pack);
      this.isGapless &&= isWhole;
      for (const line of lines) {
        this.task.tally.count(line);
        yield line;
      }
    }
    this.task.tally.add(counts);
    if (!this.isGapless) return;
    assertAddsUp(counts, path);
    const { baseline, writeBaseline } = this.task.header.options;
    const keepsFound = baseline !== undefined || writeBaseline === true;
    const line: ScanLine = {
      type: 'unit',
      path,
      outcome,
      ...(range === undefined ? {} : { range }),
      ...counts,
      notes,
      unlisted,
      ...(keepsFound
        ? { fingerprints: [...unit.found].map(([fingerprint, each]) => ({ fingerprint, ...each })) }
        : {}),
    };
    this.task.tally.count(line);
    yield line;
  }
}

/** `none` is the lowest level: everything is at least that. */
export function isAtLeast(level: Level, limit: Level): boolean {
  return levels.indexOf(level) <= levels.indexOf(limit);
}

function addSkipped(unit: UnitInFlight, skipped: Skipped): void {
  unit.slots.push(() => Promise.resolve({ lines: [skipped], isWhole: true }));
}

/** A frame and a payload that stand in fields; what the joining put between them is neither. */
function cutToParts(candidate: Candidate, parts: TextOrigin['parts']): Candidate[] {
  const frame = cutToPart(candidate.frame, parts);
  const payload = cutToPart(candidate.payload, parts);
  return frame === undefined || payload === undefined ? [] : [{ ...candidate, frame, payload }];
}

function pathOf({ path, record }: { path: string; record?: number | undefined }): {
  path: string;
  record?: number;
} {
  return record === undefined ? { path } : { path, record };
}
