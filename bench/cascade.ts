/**
 * What each stage before the model passes on and costs, on a folder of texts, beside ripgrep and datatrove looking for the
 * same words in the same files. Usage: npm run bench -- --corpus FOLDER [--rounds N] [--json FILE]
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Candidate } from '../src/analysis/candidate.js';
import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import { frameWords, mayHoldFrame } from '../src/analysis/frames/prefilter.js';
import { warnedAgainst } from '../src/analysis/kind/classify.js';
import { isSetAside, usualKinds } from '../src/analysis/levels.js';
import { sampleOf } from '../src/analysis/sampleWindow.js';
import { loadGrammars } from '../src/model/grammars.js';
import { loadPack } from '../src/model/pack.js';
import { Tokenizer } from '../src/model/tokenizer.js';
import { type DatatrovePeer, openDatatrove } from './datatrovePeer.js';
import type { Line } from './figure.js';
import { table } from './report.js';
import { interleave, perRound, spread } from './rounds.js';
import { readExamples, type TextFile } from './texts.js';

interface Found {
  readonly file: TextFile;
  readonly candidate: Candidate;
}

interface Stage {
  readonly stage: string;
  readonly texts: number;
  readonly megabytes: number;
  readonly tokens: number;
  /** Of the stage that lets this through, median of the rounds. */
  readonly seconds: number;
}

/** From here on a candidate is measured. */
const decided = 0.5;
const section = 'Before the model, one thread';

const { values: options } = parseArgs({
  options: {
    root: { type: 'string', default: '.' },
    corpus: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    json: { type: 'string' },
    /** A Python with the peer's packages; scripts/bench.mjs gives it where they install. */
    datatrove: { type: 'string' },
  },
});
if (options.corpus === undefined) {
  console.error('Which texts? Give a folder: --corpus FOLDER');
  process.exit(2);
}
const inRoot = (...path: string[]) => resolve(options.root, ...path);
const rounds = Number(options.rounds);
const corpus = resolve(options.corpus);
const files = readExamples(corpus);
const megabytes = bytes(files.map(({ text }) => text)) / 1e6;
const grammars = loadGrammars(inRoot('dist', 'grammars'));

const passed = files.filter(({ text }) => mayHoldFrame(text));
let found: Found[] = [];
let askedFor: Found[] = [];
/** Of all threads of this process, in each run, the warming one included. */
const cpuSeconds: number[] = [];
const searchWords = await ripgrep();
const datatrove = await startDatatrove();
const times = await interleave(
  {
    prefilter: { run: () => Promise.resolve(files.filter(({ text }) => mayHoldFrame(text))) },
    both: { run: parseAll },
    kind: { run: chooseKinds },
    ripgrep: { run: () => Promise.resolve(searchWords?.()) },
    datatrove: datatrove?.contender ?? { run: () => Promise.resolve() },
  },
  rounds,
);
datatrove?.close();
const tokenizer = readTokenizer((await loadPack(inRoot('models', 'smollm2-135m-instruct'))).folder);
report();

async function parseAll(): Promise<void> {
  found = [];
  const before = process.cpuUsage();
  for (const file of files)
    for (const candidate of await findCandidates(file, grammars))
      if (candidate.detection >= decided) found.push({ file, candidate });
  const { user, system } = process.cpuUsage(before);
  cpuSeconds.push((user + system) / 1e6);
}

/** What a scan measures where nobody names kinds. */
function chooseKinds(): Promise<void> {
  askedFor = found.filter(({ file, candidate }) => {
    const { kind } = warnedAgainst(file.text, candidate.frame, candidate.payload);
    return !isSetAside(kind, usualKinds);
  });
  return Promise.resolve();
}

/** Looks for the prefilter's words in the corpus; `undefined` where the package was not installed. */
async function ripgrep(): Promise<(() => void) | undefined> {
  try {
    const packages = (await import(pathToFileURL(inRoot('bench', 'peerPackages.mjs')).href)) as {
      loadRipgrep: () => Promise<{ rgPath: string }>;
    };
    const { rgPath } = await packages.loadRipgrep();
    const settings = ['--threads=1', '--no-ignore', '--hidden', '--text', '--ignore-case', '--fixed-strings'];
    return () => {
      const { status, stderr } = spawnSync(rgPath, [...settings, '--count', '--file=-', corpus], {
        input: frameWords.join('\n'),
        stdio: ['pipe', 'ignore', 'pipe'],
      });
      if (status === 2) throw new Error(`ripgrep failed: ${String(stderr)}`);
    };
  } catch (error) {
    console.error(`ripgrep is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** `undefined`, and the reason is said, where it is not there or does not start. */
async function startDatatrove(): Promise<DatatrovePeer | undefined> {
  try {
    if (options.datatrove === undefined)
      throw new Error(
        'there is no Python of 3.10 or later for which lab/datatrove-requirements.txt installs',
      );
    const script = inRoot('lab', 'backfire_lab', 'datatrove_peer.py');
    return await openDatatrove(options.datatrove, script, corpus, frameWords);
  } catch (error) {
    console.error(`datatrove is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function readTokenizer(folder: string): Tokenizer {
  const json = (name: string): unknown => JSON.parse(readFileSync(resolve(folder, name), 'utf8'));
  return Tokenizer.fromJson(json('tokenizer.json'), json('tokenizer_config.json'));
}

/** Each once: the model is asked once for the same text. */
function samplesOf(some: readonly Found[]): string[] {
  return [...new Set(some.map(({ file, candidate }) => sampleOf(file, candidate).sample.text))];
}

/** Frames and payloads alone, each stretch once. */
function shownIn(some: readonly Found[]): string[] {
  const spans = some.flatMap(({ file, candidate: { frame, payload } }) =>
    [frame, payload].map(({ start, end }) => ({ file, start, end })),
  );
  const once = new Map(spans.map((span) => [`${span.file.path} ${span.start} ${span.end}`, span]));
  return [...once.values()].map(({ file, start, end }) => file.text.slice(start, end));
}

function stageOf(stage: string, texts: readonly string[], ms: readonly number[]): Stage {
  const tokens = sum(texts.map((text) => tokenizer.encode(text).ids.length));
  return {
    stage,
    texts: texts.length,
    megabytes: bytes(texts) / 1e6,
    tokens,
    seconds: ms.length === 0 ? 0 : spread(ms).median / 1000,
  };
}

function report(): void {
  const textsOf = (some: readonly TextFile[]) => some.map(({ text }) => text);
  const stages = [
    stageOf('all texts', textsOf(files), []),
    stageOf('prefilter', textsOf(passed), times.prefilter),
    stageOf('frames with their payloads', samplesOf(found), times.both),
    stageOf('of the kinds asked for', samplesOf(askedFor), times.kind),
    stageOf('of these, frames and payloads alone', shownIn(askedFor), []),
  ];
  const speed = (ms: (round: number) => number) =>
    perRound(rounds, (round) => (megabytes / ms(round)) * 1000);
  const perCpu = spread(cpuSeconds.slice(1).map((seconds) => megabytes / seconds));
  const lines: Line[] = [
    { section, what: 'prefilter', value: speed((round) => times.prefilter[round]!), unit: 'MB/s' },
    { section, what: 'prefilter and parsing', value: speed((round) => times.both[round]!), unit: 'MB/s' },
    {
      section,
      what: 'prefilter and parsing, by seconds of processor',
      value: perCpu,
      unit: 'MB/s',
      target: { atLeast: 12 },
    },
    searchWords === undefined
      ? { section, reason: 'ripgrep is not installed' }
      : {
          section,
          what: 'ripgrep, the same words, lines counted',
          value: speed((round) => times.ripgrep[round]!),
          unit: 'MB/s',
        },
    ...datatroveLines(),
  ];
  console.log(
    `${files.length} files, ${megabytes.toFixed(1)} MB; ${rounds} rounds by turns\n\n${table(lines)}\n`,
  );
  if (datatrove !== undefined)
    console.log(
      `A word stands in ${datatrove.found} files for datatrove, in ${passed.length} for the prefilter.\n`,
    );
  const all = stages[0]!.tokens;
  for (const { stage, texts, megabytes: size, tokens, seconds } of stages)
    console.log(
      `${stage}: ${texts} texts, ${size.toFixed(2)} MB, ${tokens} tokens (${((100 * tokens) / all).toFixed(1)} %), ${seconds.toFixed(2)} s`,
    );
  if (options.json === undefined) return;
  writeFileSync(resolve(options.json), `${JSON.stringify({ rounds, lines, stages }, null, 1)}\n`);
}

/** By seconds of processor: it is a process of one thread, and reads the files, too. */
function datatroveLines(): Line[] {
  if (datatrove === undefined) return [{ section, reason: 'datatrove is not installed, or does not start' }];
  const theirs = datatrove.processorSeconds.slice(1);
  return [
    {
      section,
      what: 'datatrove, a regular expression of the same words, by seconds of processor',
      value: spread(theirs.map((seconds) => megabytes / seconds)),
      unit: 'MB/s',
    },
    {
      section,
      what: 'prefilter and parsing to datatrove, by seconds of processor',
      value: perRound(rounds, (round) => theirs[round]! / cpuSeconds[round + 1]!),
      unit: '×',
    },
  ];
}

function bytes(texts: readonly string[]): number {
  return sum(texts.map((text) => Buffer.byteLength(text, 'utf8')));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
