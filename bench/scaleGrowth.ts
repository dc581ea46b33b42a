import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from './figure.js';
import type { ScanFigures } from './scaleScan.js';
import { readExamples } from './texts.js';

interface GrowthTask {
  readonly root: string;
  readonly folder: string;
  readonly scan: (path: string) => ScanFigures;
}

const sizes = [1, 4, 16, 64, 256, 1000];
/** Megabytes of the comparisons at one size. */
const oneSize = 32;
const documentBytes = [1_000, 10_000, 100_000, 1_000_000];
const exampleShares = [0, 0.1, 0.5, 1];
/** Of a corpus with few findings: one document in so many is an example. */
const usualShare = 0.02;

/** Processor seconds and memory of scans without the model over JSONL made from the project's own texts, repeated with changes. */
export function growth({ root, folder, scan }: GrowthTask): Line[] {
  const texts = ownTexts(root);
  const path = join(folder, 'corpus.jsonl');
  const scanOf = (megabytes: number, documents: Iterable<string>): ScanFigures => {
    writeDocuments(path, megabytes, documents);
    const figures = scan(path);
    rmSync(path);
    return figures;
  };
  const bySize = sizes.map((megabytes) => ({ megabytes, ...scanOf(megabytes, mixed(texts, usualShare)) }));
  const large = bySize.filter(({ megabytes }) => megabytes >= 16).map(({ memory }) => memory);
  const exponent = slope(
    bySize.map(({ megabytes }) => Math.log(megabytes)),
    bySize.map(({ processorSeconds }) => Math.log(processorSeconds)),
  );
  const speed = (what: string, { processorSeconds, candidates }: ScanFigures): Line => ({
    section: `Reading, prefilter and parsing of ${oneSize} MB`,
    what: `${what}: ${Math.round(candidates / oneSize)} candidates a MB`,
    value: once(oneSize / processorSeconds),
    unit: 'MB per second of processor',
  });
  const section = 'Growth of a scan without the model';
  return [
    ...bySize.map(({ megabytes, processorSeconds, memory }): Line => ({
      section,
      what: `${megabytes} MB (memory at most ${Math.round(memory / 1e6)} MB)`,
      value: once(processorSeconds),
      unit: 'seconds of processor',
    })),
    {
      section,
      what: `exponent of the time from ${sizes[0]} to ${sizes.at(-1)} MB`,
      value: once(exponent),
      unit: '',
      target: { atMost: 1.05 },
    },
    ...bySize.slice(1).map((figures, at): Line => {
      const before = bySize[at]!;
      return {
        section,
        what: `from ${before.megabytes} to ${figures.megabytes} MB, for each further second`,
        value: once(
          (figures.megabytes - before.megabytes) / (figures.processorSeconds - before.processorSeconds),
        ),
        unit: 'MB',
      };
    }),
    {
      section,
      what: `memory from 16 to ${sizes.at(-1)} MB, most to least`,
      value: once(Math.max(...large) / Math.min(...large)),
      unit: '×',
      target: { atMost: 1.2 },
    },
    ...documentBytes.map((bytes) =>
      speed(`documents of ${bytes / 1000} kB`, scanOf(oneSize, ofLength(mixed(texts, usualShare), bytes))),
    ),
    ...exampleShares.map((share) =>
      speed(`examples ${100 * share} % of the documents`, scanOf(oneSize, mixed(texts, share))),
    ),
  ];
}

interface OwnTexts {
  readonly examples: readonly string[];
  readonly others: readonly string[];
}

/** The examples, and the sources and pages of the project, which show next to nothing bad. */
function ownTexts(root: string): OwnTexts {
  const others = ['src', 'docs'].flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(?:ts|md)$/u.test(path) && !path.startsWith('rules'))
      .sort()
      .map((path) => readFileSync(join(root, name, path), 'utf8')),
  );
  return { examples: readExamples(join(root, 'examples')).map(({ text }) => text), others };
}

/** Without end: every 1/share-th document is an example. No two are the same. */
function* mixed({ examples, others }: OwnTexts, share: number): Generator<string> {
  let owed = 0;
  for (let at = 0; ; at++) {
    owed += share;
    const isExample = owed >= 1;
    if (isExample) owed -= 1;
    const from = isExample ? examples : others;
    yield `Text ${at}\n\n${from[at % from.length]!.replaceAll('result', `result${at}`)}`;
  }
}

function* ofLength(documents: Iterable<string>, bytes: number): Generator<string> {
  let left = '';
  for (const document of documents) {
    left += document;
    for (; left.length >= bytes; left = left.slice(bytes)) yield left.slice(0, bytes);
  }
}

function writeDocuments(path: string, megabytes: number, documents: Iterable<string>): void {
  const file = openSync(path, 'w');
  let left = megabytes * 1e6;
  for (const text of documents) {
    left -= writeSync(file, `${JSON.stringify({ text })}\n`);
    if (left <= 0) break;
  }
  closeSync(file);
}

/** Least squares. */
function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const above = x.reduce((sum, each, at) => sum + (each - meanX) * (y[at]! - meanY), 0);
  return above / x.reduce((sum, each) => sum + (each - meanX) ** 2, 0);
}

function once(value: number) {
  return { median: value, low: value, high: value };
}
