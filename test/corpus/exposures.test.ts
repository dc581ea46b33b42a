import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Exposures, PayloadKeys } from '../../src/analysis/exposures.js';
import type { Finding } from '../../src/analysis/finding.js';
import { ExposureTable } from '../../src/corpus/exposures/exposureTable.js';
import { payloadKeys } from '../../src/corpus/exposures/payloadKeys.js';
import type { ScanLine, ScanOptions } from '../../src/corpus/scanLine.js';
import { collect } from './collect.js';
import { startScan } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';
import { randomNumbers } from '../randomNumbers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function scanned(
  files: Record<string, string>,
  options: Partial<ScanOptions> = {},
): Promise<{ folder: string; lines: readonly ScanLine[]; exposures: Exposures }> {
  const folder = temporaryFolder(files);
  const lines = await collect(startScan({ paths: [folder], options }));
  const summary = lines.at(-1);
  if (summary?.type !== 'summary') throw new Error('no summary');
  return { folder, lines, exposures: summary.exposures };
}

const query = (name: string): string =>
  `high = db.execute("SELECT id, mail FROM users WHERE name = '" + ${name} + "' ORDER BY id LIMIT 10")`;

describe('keys of a payload', () => {
  it('are those of its words and signs: neither white space nor a suppression makes another payload', () => {
    const keys = payloadKeys('eval(text)\nrun( it )');
    expect(payloadKeys('  eval(text)\r\n\trun( it )\n')).toEqual(keys);
    expect(payloadKeys('eval(text) // backfire-ignore -- known\nrun( it )')).toEqual(keys);
    expect(payloadKeys('eval(text)\nrun( that )').exact).not.toBe(keys.exact);
  });

  it('are there for a payload of one sign, and of no word at all', () => {
    expect(payloadKeys('!').near).not.toBe(payloadKeys('?').near);
    expect(payloadKeys(' ').exact).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('exposures of a scan', () => {
  it('counts exact and near repeats apart, names the places, and ranks by taught × exposures', async () => {
    const { folder, exposures } = await scanned({
      'a.md': `BAD: x\n${query('name')}\n`,
      'b.jsonl': `${JSON.stringify({ text: `BAD: y\n${query('name')}` })}\n${JSON.stringify({ text: `BAD: z\n${query('given')}` })}\n`,
      'c.md':
        'BAD: x\nlow rm -rf "$HOME" once\n\nBAD: so\nmedium nothing like it\n\nBAD: x\nlow  rm -rf "$HOME"  once\n',
    });
    expect(exposures).toMatchObject({ occurrences: 6, payloads: 3, repeated: 2, missed: 0 });
    const sql = exposures.worst.find(({ payload }) => payload.startsWith('high'));
    expect(sql).toMatchObject({ payload: query('name'), exact: 2, near: 1, level: 'high' });
    expect(sql?.places).toMatchObject([
      { path: join(folder, 'a.md'), line: 2, column: 1, exact: true },
      { path: join(folder, 'b.jsonl'), record: 1, field: 'text', line: 2, exact: true },
      { path: join(folder, 'b.jsonl'), record: 2, field: 'text', line: 2, exact: false },
    ]);
    const weights = exposures.worst.map(({ weight }) => weight!);
    expect(weights).toEqual(weights.toSorted((a, b) => b - a));
    expect(sql?.weight).toBeCloseTo(3 * sql!.taught!, 12);
  });

  it('counts what has no line of its own: suppressed, below the level', async () => {
    const files = {
      'a.md': `BAD: x\n${query('name')}\n`,
      'b.md': `BAD: x\n${query('name')} <!-- backfire-ignore -->\n`,
      'c.md': 'BAD: x\nlow one two three\n',
      'd.md': 'BAD: x\nlow one two three\n',
    };
    const { lines, exposures } = await scanned(files, { minLevel: 'high' });
    expect(lines.filter(({ type }) => type === 'finding')).toHaveLength(1);
    expect(exposures).toMatchObject({ occurrences: 4, payloads: 2, repeated: 2 });
    // Without a listed finding there is nothing to show.
    expect(exposures.worst).toMatchObject([{ exact: 2, near: 0 }]);
    expect(exposures.worst[0]!.places).toHaveLength(1);
    const shown = await scanned(files, { minLevel: 'none', showSuppressed: true });
    expect(shown.exposures).toMatchObject({ occurrences: 4, payloads: 2, repeated: 2 });
    expect(shown.exposures.worst).toHaveLength(2);
  });
});

/** Windows of 20 to 120 tokens from this project's own sources. */
function snippets(count: number, random: () => number): string[][] {
  const folder = join(root, 'src', 'corpus');
  const text = readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const tokens = text.match(/\w+|[^\s\w]/gu) ?? [];
  return Array.from({ length: count }, () => {
    const length = 20 + Math.floor(100 * random());
    const from = Math.floor((tokens.length - length) * random());
    return tokens.slice(from, from + length);
  });
}

/** Replaces, drops or doubles so many tokens. */
function edited(tokens: readonly string[], edits: number, random: () => number): string[] {
  const result = [...tokens];
  for (let edit = 0; edit < edits; edit++) {
    const at = Math.floor(result.length * random());
    const kind = Math.floor(3 * random());
    result.splice(at, kind === 2 ? 0 : 1, ...(kind === 1 ? [] : [`edit${edit}`]));
  }
  return result;
}

function similarity(one: readonly string[], other: readonly string[]): number {
  const pairs = (tokens: readonly string[]) =>
    new Set(tokens.slice(1).map((token, at) => `${tokens[at]!} ${token}`));
  const [a, b] = [pairs(one), pairs(other)];
  const both = [...a].filter((pair) => b.has(pair)).length;
  return both / (a.size + b.size - both);
}

it('finds edits of our own sources as near repeats at the stated similarity: n = 2000, seed 11', () => {
  const random = randomNumbers(11);
  const near = { found: 0, all: 0 };
  const far = { found: 0, all: 0 };
  for (const tokens of snippets(2000, random)) {
    const other = edited(tokens, 1 + Math.floor((tokens.length / 4) * random()), random);
    const jaccard = similarity(tokens, other);
    const table = new ExposureTable(16);
    table.add(payloadKeys(tokens.join(' ')));
    table.add(payloadKeys(other.join(' ')));
    const group = jaccard >= 0.8 ? near : jaccard < 0.55 ? far : undefined;
    if (group === undefined) continue;
    group.all += 1;
    group.found += table.summary().repeated;
  }
  expect(
    [near.all, far.all].every((all) => all > 300),
    JSON.stringify([near, far]),
  ).toBe(true);
  expect(near.found / near.all, JSON.stringify(near)).toBeGreaterThan(0.93);
  expect(far.found / far.all, JSON.stringify(far)).toBeLessThan(0.02);
});

describe('a table that is full', () => {
  const noise = randomNumbers(3);
  const numbers = Uint16Array.from({ length: 2 ** 20 }, () => noise() * 65_536);

  /** Windows of random numbers as signatures: no payload is like another. */
  function otherKeys(index: number): PayloadKeys {
    const near = Buffer.from(numbers.buffer, 2 * ((index * 257) % (numbers.length - 64)), 128);
    return { exact: index.toString(16).padStart(16, '0'), near: near.toString('base64') };
  }

  async function aFinding(): Promise<Finding> {
    const { lines } = await scanned({ 'a.md': `BAD: x\n${query('name')}\n` });
    const finding = lines.find(({ type }) => type === 'finding');
    if (finding?.type !== 'finding') throw new Error('no finding');
    return finding;
  }

  it('keeps what is frequent, and says how many occurrences of one payload it may have missed', async () => {
    const finding = await aFinding();
    const random = randomNumbers(5);
    const table = new ExposureTable(64);
    let often = 0;
    for (let index = 0; index < 20_000; index++) {
      const isOften = random() < 0.05;
      if (isOften) often += 1;
      table.add(isOften ? finding.payloadKeys : otherKeys(index), finding);
    }
    const { missed, occurrences, worst } = table.summary();
    expect(occurrences).toBe(20_000);
    const counted = worst.find(({ key }) => key === finding.payloadKeys.exact)?.exact ?? 0;
    expect(counted).toBeLessThanOrEqual(often);
    expect(counted).toBeGreaterThanOrEqual(often - missed);
    // More than the number of payloads that fit would be no bound.
    expect(missed).toBeLessThan((2 * 20_000) / 64);
  });

  it('holds a million findings, all different, in bounded memory', async () => {
    const finding = await aFinding();
    const table = new ExposureTable();
    const used = (): number => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const before = used();
    let most = 0;
    for (let index = 0; index < 1_000_000; index++) {
      const path = `folder/${index}.md`;
      table.add(otherKeys(index), { ...finding, source: { ...finding.source, path } });
      if (index % 1000 === 0) most = Math.max(most, used() - before);
    }
    expect(table.summary()).toMatchObject({ occurrences: 1_000_000, repeated: 0 });

    // Some 200 MB, half of it what the collector has not come to; without a bound it would be 1 GB.
    expect(most / 2 ** 20).toBeLessThan(400);
  });
});
