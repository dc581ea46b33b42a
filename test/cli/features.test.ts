import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { runCli } from './runCli.js';

interface Reading {
  readonly explained: number;
  readonly tokens: readonly {
    readonly start: number;
    readonly end: number;
    readonly active: number;
    readonly isSink: boolean;
    readonly features: readonly { readonly latent: number; readonly value: number; readonly label: string }[];
  }[];
}

const text = 'import os\nos.system(command)\n';

async function read(...args: string[]): Promise<Reading> {
  const { code, stdout, stderr } = await runCli(['features', ...args, '--format', 'json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Reading;
}

/** A feature that fires at `system`. */
async function someFeature(): Promise<number> {
  const { tokens } = await read(text);
  const token = tokens.find(({ start, end }) => text.slice(start, end) === 'system')!;
  return token.features[0]!.latent;
}

describe('backfire features', () => {
  it('gives the strongest features of each token in order, none at the first, and what they explain', async () => {
    const { tokens, explained } = await read(text, '--most', '3');
    expect(tokens.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
    expect(tokens.map(({ isSink }) => isSink)).toEqual(tokens.map((_, index) => index === 0));
    expect(tokens[0]!.features).toEqual([]);
    for (const { features, active } of tokens.slice(1)) {
      expect(features).toHaveLength(Math.min(3, active));
      const values = features.map(({ value }) => value);
      expect(values).toEqual([...values].sort((a, b) => b - a));
    }
    expect(explained).toBeGreaterThan(0.5);
    expect(explained).toBeLessThan(1);
  });

  it('reads chosen features alone', async () => {
    const feature = await someFeature();
    const { tokens } = await read(text, '--latent', String(feature));
    const firing = tokens.filter(({ features }) => features.length > 0);
    expect(firing.map(({ start, end }) => text.slice(start, end))).toContain('system');
    for (const { features } of firing) expect(features.map(({ latent }) => latent)).toEqual([feature]);
  });

  it('shows a table, and reads standard input', async () => {
    const { stdout } = await runCli(['features', '-'], text);
    expect(stdout).toMatch(/^ {2}system +\d+ {2}\d+ \d+\.\d/m);
    expect(stdout).toContain('(a sink:');
    expect(stdout).toMatch(/the features explain 0\.\d\d of the variance/);
  });

  it.each([
    [['features', 'x', '--latent', '99999'], 'Feature 99999 is not there: this pack has features 0 to 8191.'],
    [['features', ''], 'text 1 is empty'],
    [['features', 'x', '--latent', '-3'], 'Give the number of a feature'],
    [['feature', '99999'], 'feature 99999 is not there: this pack has features 0 to 8191'],
    [['feature', 'all'], 'all features can be written with --format neuronpedia only'],
    [['feature', '7', '--format', 'neuronpedia'], '--format neuronpedia needs --output FOLDER'],
  ])('%j ends with 2 and says why', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('backfire feature', () => {
  it('finds the strongest places in files and records of one’s own', async () => {
    const feature = await someFeature();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'calm.md'), 'The weather in spring is mild.\n');
    writeFileSync(join(folder, 'run.py'), `# a\n# b\n${text}`);
    writeFileSync(join(folder, 'train.jsonl'), `{"text":"hello"}\n${JSON.stringify({ text })}\n`);
    const { stdout } = await runCli(['feature', String(feature), '--format', 'json', '--examples', folder]);
    const { own } = JSON.parse(stdout) as {
      own: {
        path: string;
        record?: number;
        line: number;
        tokens: string[];
        values: number[];
        value: number;
      }[];
    };
    const places = own.map(({ path, record, line }) => [path.slice(folder.length + 1), record, line]);
    expect(places).toContainEqual(['run.py', undefined, 4]);
    expect(places).toContainEqual(['train.jsonl', 2, 2]);
    for (const { tokens, values, value } of own) {
      expect(values).toHaveLength(tokens.length);
      expect(Math.max(...values)).toBe(value);
    }
    expect(own.map(({ value }) => value)).toEqual(own.map(({ value }) => value).sort((a, b) => b - a));
  });

  it('is written as a page of HTML that holds no script', async () => {
    const file = join(temporaryFolder(), 'feature.html');
    const { code } = await runCli([
      'feature',
      String(await someFeature()),
      '--format',
      'html',
      '--output',
      file,
    ]);
    expect(code).toBe(0);
    const html = readFileSync(file, 'utf8');
    expect(html).toContain('<h2>Examples</h2>');
    expect(html).not.toContain('<script');
    expect(existsSync(`${file}.partial`)).toBe(false);
  });

  it('is exported for Neuronpedia, and overwrites no folder', async () => {
    const feature = String(await someFeature());
    const folder = join(temporaryFolder(), 'features');
    const args = ['feature', feature, '--format', 'neuronpedia', '--output', folder];
    expect((await runCli(args)).code).toBe(0);
    const lines = (part: string): Record<string, unknown>[] =>
      gunzipSync(readFileSync(join(folder, part, 'batch-0.jsonl.gz')))
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines('features')).toMatchObject([{ modelId: 'smollm2-135m-instruct', index: feature }]);
    expect(lines('explanations')).toHaveLength(1);
    expect(lines('activations').length).toBeGreaterThan(0);
    const again = await runCli(args);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is there already');
  });
});
