import { createReadStream } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';
import { longestReportLine, parseLine } from './checkpoint.js';
import { skipReasonOf } from './fileErrors.js';
import type { MeasureOrigins } from './measureQueue.js';
import { readLines } from './readLines.js';
import type { ScanHeader, ScanLine, Summary, Unit } from './scanLine.js';
import { ScanTally, type StageTimes } from './scanTally.js';
import { parseShard } from './shards.js';

/** The reports cannot be joined; the message names them and says what to do. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}

/** The lines of one unit, the unit's own at the end. */
interface UnitLines {
  readonly lines: readonly ScanLine[];
  readonly unit: Unit;
}

/**
 * The lines of the report that one scan without shards would have written, in its order; only times differ. One unit
 * of each report is held at a time.
 *
 * @throws MergeError if the reports are not all shards of one scan, or one of them is not whole
 */
export async function* mergeReports(paths: readonly string[]): AsyncGenerator<ScanLine> {
  const reports = await Promise.all(paths.map((path) => ShardReport.open(path)));
  assertAllShards(reports);
  const [first] = reports;
  if (first === undefined) return;
  const header = unsharded(first.header);
  yield header;
  const tally = new ScanTally();
  await Promise.all(reports.map((report) => report.advance()));
  for (;;) {
    const next = firstInOrder(reports, header.paths);
    if (next?.head === undefined) break;
    for (const line of next.head.lines) {
      tally.takeOver(line);
      yield line;
    }
    await next.advance();
  }
  tally.assertWhole();
  yield mergedSummary(
    tally,
    header.pack,
    reports.map((report) => report.summary),
  );
}

class ShardReport {
  head: UnitLines | undefined;
  private last: Summary | undefined;

  private constructor(
    readonly path: string,
    readonly header: ScanHeader,
    readonly shard: string,
    private readonly lines: AsyncGenerator<ScanLine>,
  ) {}

  static async open(path: string): Promise<ShardReport> {
    const lines = linesOf(path);
    const first = await lines.next();
    if (first.done === true || first.value.type !== 'scan')
      throw new MergeError(`${path} is no report of a scan`);
    const { shard } = first.value.options;
    if (shard === undefined) throw new MergeError(`${path} is the report of a whole scan, not of a shard`);
    return new ShardReport(path, first.value, shard, lines);
  }

  /** Reads the next unit into `head`; `undefined` behind the last one. */
  async advance(): Promise<void> {
    const lines: ScanLine[] = [];
    this.head = undefined;
    for (let next = await this.lines.next(); next.done !== true; next = await this.lines.next()) {
      const line = next.value;
      if (line.type === 'summary') {
        this.last = line;
        break;
      }
      lines.push(line);
      if (line.type !== 'unit') continue;
      this.head = { lines, unit: line };
      return;
    }
    if (this.last === undefined || this.last.interrupted || lines.length > 0)
      throw new MergeError(`${this.path} (shard ${this.shard}) is not whole: finish it with --resume`);
  }

  get summary(): Summary {
    if (this.last === undefined) throw new MergeError(`${this.path} has no summary`);
    return this.last;
  }
}

async function* linesOf(path: string): AsyncGenerator<ScanLine> {
  try {
    for await (const input of readLines(createReadStream(path), longestReportLine)) {
      const line = input.kind === 'line' ? parseLine(input.text) : undefined;
      if (line === undefined && input.number === 1) throw new MergeError(`${path} is no report of a scan`);
      if (line === undefined)
        throw new MergeError(`${path}, line ${input.number}: no line of a report of this version`);
      yield line;
    }
  } catch (error) {
    if (error instanceof MergeError) throw error;
    throw new MergeError(`${path} cannot be read: ${skipReasonOf(error).detail}`);
  }
}

function assertAllShards(reports: readonly ShardReport[]): void {
  const [first] = reports;
  if (first === undefined) throw new MergeError('there are no reports to merge');
  const count = parseShard(first.shard)?.count ?? 0;
  const seen = new Map<number, string>();
  for (const { path, header, shard } of reports) {
    assertSameScan(first, path, header);
    const { index, count: ofThis } = parseShard(shard) ?? { index: 0, count: 0 };
    if (ofThis !== count)
      throw new MergeError(`${path} is shard ${shard}, ${first.path} is shard ${first.shard}: other shares`);
    const twin = seen.get(index);
    if (twin !== undefined) throw new MergeError(`shard ${shard} is there twice: ${twin} and ${path}`);
    seen.set(index, path);
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !seen.has(index));
  if (missing.length === 0) return;
  const named = missing.slice(0, 20).map((index) => `${index}/${count}`);
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  throw new MergeError(`missing: shard ${named.join(', ')}${more}`);
}

function assertSameScan(first: ShardReport, path: string, header: ScanHeader): void {
  const flat = (each: ScanHeader): Record<string, unknown> => ({
    ...each,
    ...each.options,
    options: 0,
    shard: 0,
  });
  const [one, other] = [flat(first.header), flat(header)];
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [before, now] = [one[key], other[key]].map((value) => JSON.stringify(value));
    if (before !== now)
      throw new MergeError(`${first.path} and ${path} are not of one scan: ${key} is ${before} and ${now}`);
  }
}

function unsharded({ options, ...header }: ScanHeader): ScanHeader {
  const shared = { ...options };
  delete shared.shard;
  return { ...header, options: shared };
}

function firstInOrder(reports: readonly ShardReport[], roots: readonly string[]): ShardReport | undefined {
  let first: { report: ShardReport; unit: Unit } | undefined;
  for (const report of reports) {
    const unit = report.head?.unit;
    if (unit === undefined) continue;
    if (first === undefined || compareUnits(unit, first.unit, roots) < 0) first = { report, unit };
  }
  return first?.report;
}

/** The order of `walk`: paths as given, folders by the code units of their names, ranges as they stand in the file. */
function compareUnits(a: Unit, b: Unit, roots: readonly string[]): number {
  if (a.path === b.path) return (a.range?.records ?? Infinity) - (b.range?.records ?? Infinity);
  const byRoot = rootOf(a.path, roots) - rootOf(b.path, roots);
  if (byRoot !== 0) return byRoot;
  const [ones, others] = [a.path.split(sep), b.path.split(sep)];
  const at = ones.findIndex((name, index) => name !== others[index]);
  return (ones[at] ?? '') < (others[at] ?? '') ? -1 : 1;
}

function rootOf(path: string, roots: readonly string[]): number {
  return roots.findIndex((root) => {
    const folder = join(root, sep);
    return path === root || (folder === `.${sep}` ? !isAbsolute(path) : path.startsWith(folder));
  });
}

/** Unknown where one of the shards does not say it. */
function mergedOrigins(summaries: readonly Summary[]): MeasureOrigins | undefined {
  const sum = { cached: 0, computed: 0 };
  for (const { measures } of summaries) {
    if (measures === undefined) return undefined;
    sum.cached += measures.cached;
    sum.computed += measures.computed;
  }
  return sum;
}

function mergedSummary(tally: ScanTally, pack: string, summaries: readonly Summary[]): ScanLine {
  const times: StageTimes = { read: 0, prefilter: 0, parse: 0, detect: 0, kind: 0, measure: 0 };
  for (const { stages } of summaries) for (const { name, ms } of stages) times[name] += ms;
  for (const { ignored } of summaries) tally.ignored += ignored;
  return {
    ...tally.summary(false, pack, times, mergedOrigins(summaries)),
    resumed: summaries.some(({ resumed }) => resumed),
    // Shards run side by side.
    ms: Math.max(...summaries.map(({ ms }) => ms)),
  };
}
