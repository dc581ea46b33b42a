/**
 * How the cost of a scan grows: with bytes, with the length of documents, with what is found, and how it is shared among
 * engines and among the actors of a local Ray. Usage: npm run bench -- --scale [--only PART] [--rounds N] [--json FILE]
 * A part that is run alone replaces its own figures in FILE.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Line } from './figure.js';
import { table } from './report.js';
import { growth } from './scaleGrowth.js';
import { engines } from './scaleEngines.js';
import { rayAgainstLocal } from './scaleRay.js';
import { scanOnce } from './scaleScan.js';

const parts = ['growth', 'engines', 'ray'] as const;

const { values: options } = parseArgs({
  options: {
    root: { type: 'string', default: '.' },
    scale: { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    scan: { type: 'string' },
  },
});
const root = resolve(options.root);
if (options.scan !== undefined) {
  console.log(JSON.stringify(await scanOnce(root, options.scan)));
  process.exit(0);
}
const wanted = parts.filter((part) => options.only === undefined || options.only === part);
if (wanted.length === 0) {
  console.error(`--only takes one of ${parts.join(', ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'backfire-scale-'));
const lines: Line[] = [];
try {
  for (const part of wanted) lines.push(...(await linesOf(part)));
} finally {
  rmSync(folder, { recursive: true });
}
console.log(table(lines));
if (options.json !== undefined)
  writeFileSync(options.json, `${JSON.stringify(merged(options.json), null, 1)}\n`);

function linesOf(part: (typeof parts)[number]): Line[] | Promise<Line[]> {
  const rounds = Number(options.rounds);
  switch (part) {
    case 'growth':
      return growth({ root, folder, scan: scanInProcess });
    case 'engines':
      return engines(root, rounds);
    case 'ray':
      return rayAgainstLocal(root, folder, rounds);
  }
}

/** Each scan has a process of its own: memory and processor time are those of the scan. */
function scanInProcess(
  path: string,
): ReturnType<typeof scanOnce> extends Promise<infer Figures> ? Figures : never {
  const script = process.argv[1]!;
  return JSON.parse(
    execFileSync(process.execPath, [script, '--root', root, '--scan', path], { encoding: 'utf8' }),
  ) as ReturnType<typeof scanInProcess>;
}

interface Result {
  /** By section: parts are run apart. */
  readonly rounds: Record<string, number>;
  readonly lines: Line[];
}

function merged(file: string) {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined;
  const replaced = new Set(lines.map(({ section }) => section));
  const rounds = Object.fromEntries([...replaced].map((section) => [section, Number(options.rounds)]));
  return {
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      system: `${process.platform} ${release()}`,
      node: process.versions.node,
    },
    rounds: { ...before?.rounds, ...rounds },
    lines: [...(before?.lines ?? []).filter(({ section }) => !replaced.has(section)), ...lines],
  };
}
