import { describe, expect, it } from 'vitest';
import { findCandidates } from '../../src/analysis/frames/findCandidates.js';
import { findHarmless } from '../../src/analysis/harmless.js';
import { grammars } from './frames/find.js';

async function harmless(text: string, path: string): Promise<[reason: string, text: string][]> {
  const document = { text, path };
  const found = findHarmless(document, await findCandidates(document, grammars), 0.5);
  return found.map(({ reason, span }) => [reason, text.slice(span.start, span.end)]);
}

describe('a warning that shows nothing', () => {
  it.each([
    [
      'a.md',
      '# Rules\n\n**Bad:** tabs in a commit message.\n',
      'no-demonstration',
      '**Bad:** tabs in a commit message.',
    ],
    [
      'a.py',
      'x = 1\n# This is vulnerable to injection\n',
      'no-demonstration',
      '# This is vulnerable to injection',
    ],
    ['a.py', 'logger.warning("bad input")\n', 'log-call', 'logger.warning("bad input")'],
    ['a.rs', 'fn f() {\n    unsafe { g() }\n}\n', 'unsafe-block', 'unsafe { g() }'],
    ['a.ts', '/** @deprecated use g */\nfunction f() {}\n', 'deprecated-tag', '/** @deprecated use g */'],
    [
      'a.c',
      '/* Provided as is, without warranty of any kind. */\n',
      'licence',
      '/* Provided as is, without warranty of any kind. */',
    ],
    ['a.js', '// Good\nf();\n', 'approved', '// Good'],
  ])('%s: %j is listed as %s', async (path, text, reason, shown) => {
    expect(await harmless(text, path)).toEqual([[reason, shown]]);
  });

  it('is not listed where it is a finding', async () => {
    expect(await harmless('# BAD: the shell reads it\nos.system(name)\n', 'a.py')).toEqual([]);
    expect(await harmless('**Bad:**\n\n```js\neval(x)\n```\n', 'a.md')).toEqual([]);
  });

  it('is listed with its probability and reasons where it is too unlikely', async () => {
    const document = { text: '# invalid\nf(x)\n', path: 'a.py' };
    const candidates = await findCandidates(document, grammars);
    expect(candidates.length).toBeGreaterThan(0);
    const [found] = findHarmless(document, candidates, 0.99);
    expect(found).toMatchObject({ reason: 'unlikely', detection: candidates[0]?.detection });
    expect(found?.detail).toContain('invalid');
  });

  it('is one entry for all lines of a licence', async () => {
    const text =
      '# Licensed under the terms below.\n# In no event shall anybody be liable.\n# Without warranty of any kind.\nx = 1\n';
    expect(await harmless(text, 'a.py')).toHaveLength(1);
  });

  it('is not looked for in code, but in its comments', async () => {
    expect(await harmless('bad = wrong(avoid, "do not")\n', 'a.py')).toEqual([]);
  });
});
