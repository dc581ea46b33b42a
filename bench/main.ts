/**
 * What the engine costs on this machine, as figures of one run. Usage: npm run bench [-- --rounds N] [--only WORD,WORD]
 * The words: cost, features, throughput, llama, transformers, engine, text. A run of all of them is saved in bench/results.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { loadGrammars } from '../src/model/grammars.js';
import { LanguageModel } from '../src/model/languageModel.js';
import { loadPack } from '../src/model/pack.js';
import { Tokenizer } from '../src/model/tokenizer.js';
import { engineProcess } from './engineProcess.js';
import { featureFigures } from './features.js';
import type { Line } from './figure.js';
import { interactiveCost } from './interactive.js';
import { openLlama } from './llamaPeer.js';
import { compare, type Peer } from './peer.js';
import { readings } from './reading.js';
import { table } from './report.js';
import { openSaeLens, type SaeLensPeer } from './saeLensPeer.js';
import { textSpeed } from './textSpeed.js';
import { mixedSamples, readExamples, TokenTexts } from './texts.js';
import { throughput } from './throughput.js';
import { openTransformers } from './transformersPeer.js';
import { fetchWeights } from './weightsFile.js';

const sectionNames = ['engine', 'cost', 'features', 'throughput', 'transformers', 'llama', 'text'] as const;
type SectionName = (typeof sectionNames)[number];

interface PeerPackages {
  readonly loadTransformers: () => Promise<unknown>;
  readonly loadLlama: () => Promise<unknown>;
}

const { values: options } = parseArgs({
  options: {
    root: { type: 'string', default: '.' },
    rounds: { type: 'string', default: '7' },
    /** The lab's Python, for sae-lens. */
    lab: { type: 'string' },
    only: { type: 'string', default: sectionNames.join(',') },
  },
});
const rounds = Number(options.rounds);
const wanted = sectionNames.filter((name) => options.only.split(',').includes(name));
const inRoot = (...path: string[]) => resolve(options.root, ...path);
const threads = availableParallelism();
const machine = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: threads,
  memoryGB: Math.round(totalmem() / 1e9),
  system: `${process.platform} ${process.arch}`,
  node: process.versions.node,
};

const pack = await loadPack(inRoot('models', 'smollm2-135m-instruct'));
const examples = readExamples(inRoot('examples'));
const grammarFolder = inRoot('dist', 'grammars');
const lines: Line[] = [];
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node}\n` +
    `${rounds} rounds, contenders by turns; median, least – greatest\n`,
);

// First of all, while this process holds no model itself.
if (wanted.includes('engine')) await show(engineFigures());
const model = await LanguageModel.open(pack);
const tokenTexts = new TokenTexts(model.tokenizer, examples);
const read = readings(tokenTexts);
for (const name of wanted) if (name !== 'engine') await show(measure(name));
await model.close();
save();

async function show(section: Promise<readonly Line[]>): Promise<void> {
  const own = await section;
  lines.push(...own);
  console.log(`${table(own)}\n`);
}

async function engineFigures(): Promise<Line[]> {
  const json = (name: string): unknown => JSON.parse(readFileSync(join(pack.folder, name), 'utf8'));
  const tokenizer = Tokenizer.fromJson(json('tokenizer.json'), json('tokenizer_config.json'));
  const samples = mixedSamples(50, tokenizer, examples);
  const packFolder = pack.folder;
  return engineProcess({ packFolder, grammarFolder, serverEntry: inRoot('dist', 'engine.mjs') }, samples, 5);
}

function measure(name: Exclude<SectionName, 'engine'>): Promise<readonly Line[]> {
  switch (name) {
    case 'cost':
      return interactiveCost(model, rounds);
    case 'features':
      return featureFigures(model, tokenTexts, rounds, startSaeLens);
    case 'throughput':
      return throughput(model, read, rounds);
    case 'transformers':
      return against('@huggingface/transformers', async ({ loadTransformers }) =>
        openTransformers(loadTransformers, model, inRoot('.cache', 'bench', 'whole-model'), read[3]!),
      );
    case 'llama':
      return against('node-llama-cpp', async ({ loadLlama }) =>
        openLlama(loadLlama, fetchWeights(inRoot('.cache', 'lab')), threads, read),
      );
    case 'text':
      return textSpeed(model.tokenizer, loadGrammars(grammarFolder), examples, rounds);
    default:
      return name satisfies never;
  }
}

async function startSaeLens(residual: Float32Array): Promise<SaeLensPeer> {
  if (options.lab === undefined) throw new Error('there is no Python of 3.10 or later for sae-lens');
  const script = inRoot('lab', 'backfire_lab', 'sae_lens_peer.py');
  return openSaeLens(options.lab, script, pack.folder, residual, threads);
}

/** Compares with a package that may not be there: then it says why, and the rest goes on. */
async function against(
  name: string,
  open: (packages: PeerPackages) => Promise<Peer>,
): Promise<readonly Line[]> {
  let peer: Peer | undefined;
  try {
    const packages = (await import(pathToFileURL(inRoot('bench', 'peerPackages.mjs')).href)) as PeerPackages;
    peer = await open(packages);
    return await compare(model, peer, read, rounds);
  } catch (error) {
    return [{ section: name, reason: error instanceof Error ? error.message : String(error) }];
  } finally {
    await peer?.close();
  }
}

/** Only a whole run is kept, one file for each kind of machine. */
function save(): void {
  if (wanted.length < sectionNames.length) return;
  const slug = `${machine.cpu}-${machine.cores}-cores`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const path = inRoot('bench', 'results', `${slug}.json`);
  mkdirSync(inRoot('bench', 'results'), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ machine, rounds, lines }, null, 1)}\n`);
  console.log(`Saved in ${path}`);
}
