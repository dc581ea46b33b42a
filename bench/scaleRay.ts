import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from './figure.js';
import { interleave, perRound } from './rounds.js';

const section = 'Ray on this machine, two actors, to scan --jobs 2 --threads 1';
// Enough that neither the last shard nor the size of a call decides.
const pages = 128;

const page = (at: number): string =>
  `# Lesson ${at}\n\nNever do this, it is open to injection:\n\n\`\`\`python\n` +
  `def find${at}(name):\n    query = "SELECT * FROM t${at} WHERE name = '" + name + "'"\n    return cursor.execute(query)\n\`\`\`\n`;

/** Whole commands, and what is left of them without start and end: those of a scan with one finding, for which the model is loaded. */
export async function rayAgainstLocal(root: string, folder: string, rounds: number): Promise<Line[]> {
  const corpora = { full: join(folder, 'full'), short: join(folder, 'short') };
  for (const corpus of Object.values(corpora)) mkdirSync(corpus);
  for (let at = 0; at < pages; at++) {
    writeFileSync(join(corpora.full, `${at}.md`), page(at));
    writeFileSync(join(corpora.short, `${at}.md`), at === 0 ? page(0) : `# Lesson ${at}\n`);
  }
  const local = (corpus: string) => () =>
    run(process.execPath, [
      ...[join(root, 'dist', 'cli.mjs'), 'scan', corpus, '--jobs', '2', '--threads', '1', '--no-cache'],
      ...['--quiet', '--format', 'jsonl', '--output', join(mkdtempSync(join(folder, 'o-')), 'report.jsonl')],
    ]);
  const ray = (corpus: string) => () =>
    run(
      join(root, 'cluster', '.venv', 'bin', 'python'),
      [
        ...['-m', 'backfire_cluster', 'scan', corpus, '--output', mkdtempSync(join(folder, 'o-'))],
        ...['--shards', '16', '--actors', '2', '--cpus', '2', '--no-cache'],
      ],
      join(root, 'cluster'),
    );
  const times = await interleave(
    {
      localShort: { run: local(corpora.short) },
      rayShort: { run: ray(corpora.short) },
      local: { run: local(corpora.full) },
      ray: { run: ray(corpora.full) },
    },
    rounds,
  );
  const at = (name: keyof typeof times, round: number): number => times[name][round]!;
  return [
    {
      section,
      what: `time for ${pages - 1} findings, without start and end`,
      value: perRound(
        rounds,
        (round) =>
          (at('ray', round) - at('rayShort', round)) / (at('local', round) - at('localShort', round)),
      ),
      unit: '×',
      target: { atMost: 1.15 },
    },
    {
      section,
      what: 'start and end, Ray',
      value: perRound(rounds, (round) => at('rayShort', round) / 1000),
      unit: 's',
    },
    {
      section,
      what: 'start and end, scan',
      value: perRound(rounds, (round) => at('localShort', round) / 1000),
      unit: 's',
    },
  ];
}

function run(program: string, args: readonly string[], folder?: string): Promise<void> {
  const done = spawnSync(program, args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
  return Promise.resolve();
}
