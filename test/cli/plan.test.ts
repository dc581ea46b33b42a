import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../model/packFixture.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';

const backfire = (...args: string[]): string =>
  execFileSync(process.execPath, [join(root, 'dist', 'cli.mjs'), ...args], { encoding: 'utf8' });

const page = (at: number): string =>
  `# ${at}\n\nBAD: open to injection\n\n\`\`\`python\neval(input(${at}))\n\`\`\`\n`;

describe('backfire plan', () => {
  const corpus = (): string =>
    temporaryFolder({
      ...Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`${at}.md`, page(at)])),
      'x.jsonl': `${JSON.stringify({ text: page(10) })}\n{"text":"nothing"}\n`,
    });

  it('counts what a scan would find, and takes a rate as given', () => {
    const plan = JSON.parse(backfire('plan', corpus(), '--rate', '100', '--format', 'json', '--quiet')) as {
      tokens: { value: number };
      stages: { measure: { value: number } };
    };
    expect(plan).toMatchObject({
      type: 'plan',
      files: 11,
      documents: { value: 12, low: 12, high: 12 },
      candidates: { value: 11 },
      tokensPerSecond: 100,
    });
    expect(plan.tokens.value).toBeGreaterThan(11 * 10);
    expect(plan.stages.measure.value).toBeCloseTo(plan.tokens.value / 100 / 3600);
  });

  it('says for a person what it read, and how sure it is', () => {
    const text = backfire('plan', corpus(), '--pieces', '5', '--rate', '100', '--quiet');
    expect(text).toContain('read: 5 of 11 pieces');
    expect(text).toMatch(/candidates +\d+ +\d+ to \d+/);
    expect(text).toMatch(/64 cores/);
  });

  it('times the real model where no rate is given', () => {
    const text = backfire('plan', corpus(), '--pieces', '3', '--quiet');
    expect(text).toMatch(/the model reads [\d.,]+ tokens a second on one core/);
  });
});
