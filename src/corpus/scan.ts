import { MeasureQueue, limitsOf, type MeasureOrigins } from './measureQueue.js';
import type { ScanLine } from './scanLine.js';
import { assertAddsUp, type StageTimes } from './scanTally.js';
import type { ScanTask } from './scanTask.js';
import { UnitFindings } from './unitFindings.js';
import { UnitInFlight, type WorkInput } from './unitInFlight.js';
import { UnitTexts } from './unitTexts.js';

/** Units that wait for their measures behind the one that comes out next. */
const unitsInFlight = 1000;

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
      else inFlight.push(await this.begun(input));
      while (inFlight[0] !== undefined && (inFlight[0].waiting === 0 || inFlight.length > unitsInFlight)) {
        yield* this.finish(inFlight.shift() as UnitInFlight);
      }
      readSince = performance.now();
    }
    this.task.onProgress?.(this.task.tally.allRead());
    for (const unit of inFlight) yield* this.finish(unit);
  }

  private async begun(input: WorkInput): Promise<UnitInFlight> {
    const { task, queue, spent } = this;
    const unit = new UnitInFlight(input);
    task.onProgress?.(task.tally.begun(input.path));
    await new UnitTexts(unit, new UnitFindings(unit, task, queue, spent), task, spent).add(input);
    return unit;
  }

  private async *finish(unit: UnitInFlight): AsyncGenerator<ScanLine> {
    const { tally, header } = this.task;
    for await (const { lines, isWhole } of unit.outcomes()) {
      this.isGapless &&= isWhole;
      for (const line of lines) {
        tally.count(line);
        yield line;
      }
    }
    tally.add(unit.counts);
    if (!this.isGapless) return;
    assertAddsUp(unit.counts, unit.path);
    const { baseline, writeBaseline } = header.options;
    const line = unit.line(baseline !== undefined || writeBaseline === true);
    tally.count(line);
    yield line;
  }
}
