import type { Candidate, TextDocument } from '../analysis/candidate.js';
import { findHarmless } from '../analysis/harmless.js';
import { sampleOf } from '../analysis/sampleWindow.js';
import { readSuppressions, suppressionProblems, withoutSuppressions } from '../analysis/suppressions.js';
import { FindingDrafts, type Found, type TextOrigin } from './findingDraft.js';
import { harmlessLines } from './harmlessLines.js';
import { cutToPart } from './joinedText.js';
import type { RecordText } from './recordContent.js';
import { readRecord, type Source } from './recordDocuments.js';
import type { StageTimes } from './scanTally.js';
import type { ScanTask } from './scanTask.js';
import type { UnitFindings } from './unitFindings.js';
import type { UnitInFlight, WorkInput } from './unitInFlight.js';
import type { RecordInput } from './unitInput.js';

const crashDetail = 'a process ended each time that it looked at this text';

/** Looks at the texts of a unit; what is found in them goes on to its findings. */
export class UnitTexts {
  /** Milliseconds that the texts took. */
  private worked = 0;

  constructor(
    private readonly unit: UnitInFlight,
    private readonly findings: UnitFindings,
    private readonly task: ScanTask,
    private readonly spent: StageTimes,
  ) {}

  async add(input: WorkInput): Promise<void> {
    const { counts, notes } = this.unit;
    switch (input.kind) {
      case 'text': {
        const { path, text, languageId, parts } = input;
        if (this.isCrash()) break;
        counts.bytes = input.bytes;
        notes.push(...input.notes);
        const document = { text, path, ...(languageId === undefined ? {} : { languageId }) };
        await this.addText(document, { path, ...(parts === undefined ? {} : { parts }) });
        break;
      }
      case 'records': {
        counts.bytes = input.range.end - input.range.start;
        counts.records.read = input.count;
        await this.addRecords(input.records);
        break;
      }
      case 'skipped': {
        const { reason, detail, record, count = 0 } = input;
        counts.records.read = count;
        counts.records.skipped = count;
        this.unit.addSkipped(reason, detail, { record });
        break;
      }
    }
  }

  private async addRecords(records: Iterable<RecordInput>): Promise<void> {
    const budget = (this.task.header.options.unitTime ?? Infinity) * 1000;
    let late = 0;
    let firstLate = 0;
    for (const record of records) {
      if (this.worked <= budget) {
        await this.addRecord(record);
      } else {
        firstLate ||= record.number;
        late += 1;
      }
    }
    if (late === 0) return;
    this.unit.counts.records.skipped += late;
    const detail = `${late} records from this one on: the ${budget / 1000} seconds of --unit-time were used up`;
    this.unit.addSkipped('out-of-time', detail, { record: firstLate });
  }

  private async addRecord(input: RecordInput): Promise<void> {
    const { path, counts, notes } = this.unit;
    if (this.isCrash(input.number)) {
      counts.records.skipped += 1;
      return;
    }
    const { maxFileSize, textField } = this.task.header.options;
    const read = readRecord(input, { path, maxBytes: maxFileSize, textField });
    switch (read.kind) {
      case 'blank':
        counts.records.blank += 1;
        break;
      case 'skipped':
        counts.records.skipped += 1;
        this.unit.addSkipped(read.reason, read.detail, { record: input.number });
        break;
      case 'texts':
        counts.records.scanned += 1;
        notes.push(...read.notes);
        for (const { document, source, text } of read.texts) {
          await this.addText(document, source);
          await this.addNamedText(document, source, text);
        }
        break;
    }
  }

  private isCrash(record?: number): boolean {
    const { watch } = this.task;
    const { path } = this.unit;
    if (watch?.hasCrashed(path, record) !== true) {
      watch?.onBegin(path, record);
      return false;
    }
    this.unit.addSkipped('crashed', crashDetail, { record });
    return true;
  }

  private async addText(document: TextDocument, origin: Source): Promise<void> {
    const { unit, task, spent } = this;
    if (task.signal.aborted) {
      unit.add(() => Promise.resolve({ lines: [], isWhole: false }));
      return;
    }
    unit.counts.texts += 1;
    for (const { line, message } of suppressionProblems(document.text))
      unit.notes.push(
        `${origin.record === undefined ? '' : `line ${origin.record}, `}line ${line}: ${message}`,
      );
    const started = performance.now();
    const isPromising = task.detector.mayHoldFrame(document.text);
    const filtered = performance.now();
    spent.prefilter += filtered - started;
    if (!isPromising) {
      this.worked += filtered - started;
      this.addHarmless(document, origin, []);
      return;
    }
    unit.counts.parsed += 1;
    let candidates: readonly Candidate[];
    try {
      const found = await task.detector.findCandidates(document);
      candidates = found.flatMap((each) => cutToParts(each, origin.parts));
    } catch (error) {
      unit.addSkipped('not-parsed', error instanceof Error ? error.message : String(error), origin);
      return;
    } finally {
      const parsed = performance.now();
      spent.parse += parsed - filtered;
      this.worked += parsed - started;
    }
    unit.counts.candidates += candidates.length;
    const likely = candidates.filter((each) => each.detection >= task.header.options.minDetection);
    unit.counts.detected += likely.length;
    this.addHarmless(document, origin, candidates);
    const drafts = new FindingDrafts(document, origin);
    for (const candidate of likely)
      await this.findings.add(candidate, origin, drafts, () => sampleOf(document, candidate).sample);
  }

  private addHarmless(document: TextDocument, origin: Source, candidates: readonly Candidate[]): void {
    const { showHarmless, minDetection } = this.task.header.options;
    if (showHarmless !== true) return;
    const lines = harmlessLines(document.text, origin, findHarmless(document, candidates, minDetection));
    if (lines.length > 0) this.unit.addLines(lines);
  }

  /** A text that its field's name alone calls bad: measured as a payload without a frame. */
  private async addNamedText(
    document: TextDocument,
    origin: Source,
    { field, text, warnedByName }: RecordText,
  ): Promise<void> {
    if (warnedByName === undefined) return;
    const { span, detection } = warnedByName;
    const payload = text.slice(span.start, span.end);
    if (payload.trim() === '') return;
    const { counts } = this.unit;
    counts.candidates += 1;
    if (detection < this.task.header.options.minDetection) return;
    counts.detected += 1;
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
    const sample = { text: withoutSuppressions(payload)?.text ?? payload, language: found.language };
    await this.findings.add(marked, origin, new FindingDrafts(document, origin), () => sample);
  }
}

/** A frame and a payload that stand in fields; what the joining put between them is neither. */
function cutToParts(candidate: Candidate, parts: TextOrigin['parts']): Candidate[] {
  const frame = cutToPart(candidate.frame, parts);
  const payload = cutToPart(candidate.payload, parts);
  return frame === undefined || payload === undefined ? [] : [{ ...candidate, frame, payload }];
}
