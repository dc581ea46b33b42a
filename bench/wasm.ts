/** WebAssembly against the native runtime, as two engine processes that take turns. Prints its figures as JSON. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type EngineOptions, startEngine } from '../src/engine/client.js';
import type { RuntimeName } from '../src/model/runtime.js';
import type { Line } from './figure.js';
import { memoryOf } from './engineProcess.js';
import { interleave, perRound, spread } from './rounds.js';
import { interactiveSample } from './texts.js';

const { values: options } = parseArgs({
  options: { root: { type: 'string', default: '.' }, rounds: { type: 'string', default: '5' } },
});
const rounds = Number(options.rounds);
const inRoot = (...path: string[]) => join(resolve(options.root), ...path);
const engineOf = (runtime: RuntimeName) =>
  startEngine({
    packFolder: inRoot('models', 'smollm2-135m-instruct'),
    grammarFolder: inRoot('dist', 'grammars'),
    serverEntry: inRoot('dist', 'engine.mjs'),
    runtime,
  } satisfies EngineOptions);

const native = engineOf('native');
const readyNative = await native.info();
const wasm = engineOf('wasm');
const readyWasm = await wasm.info();
const sample = interactiveSample();
const times = await interleave(
  { native: { run: () => native.measure([sample]) }, wasm: { run: () => wasm.measure([sample]) } },
  rounds,
);
const memory = memoryOf(readyWasm.processId);
const memoryNative = memoryOf(readyNative.processId);
await Promise.all([native.dispose(), wasm.dispose()]);

const section = 'WebAssembly against the native runtime';
const gigabytes = (what: string, value: number | undefined): Line[] =>
  value === undefined ? [] : [{ section, what, value: spread([value]), unit: 'GB' }];
const lines: Line[] = [
  { section, what: '150 tokens, all measures: native', value: spread(times.native), unit: 'ms' },
  { section, what: '150 tokens, all measures: WebAssembly', value: spread(times.wasm), unit: 'ms' },
  {
    section,
    what: 'WebAssembly to native',
    value: perRound(rounds, (i) => times.wasm[i]! / times.native[i]!),
    unit: '×',
  },
  ...gigabytes('memory, native, peak', memoryNative?.most),
  ...gigabytes('memory, WebAssembly, peak', memory?.most),
];
console.log(JSON.stringify(lines));
