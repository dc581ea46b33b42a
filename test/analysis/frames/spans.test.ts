import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCandidates } from '../../../src/analysis/frames/findCandidates.js';
import { mayHoldFrame } from '../../../src/analysis/frames/prefilter.js';
import { find, grammars, payloads } from './find.js';

const paths = [
  'a.md',
  'a.rst',
  'a.adoc',
  'a.html',
  'a.py',
  'a.js',
  'a.rs',
  'a.rb',
  'a.kt',
  'a.jsonl',
  'a.json',
  undefined,
];

describe('offsets', () => {
  it('are exact behind emoji, a byte order mark and carriage returns', async () => {
    const text =
      '\ufeff# 😀👩‍👩‍👧\r\n\r\n**Bad:** 😈\r\n\r\n```js\r\nf("😀");\r\ng();\r\n```\r\n\r\n**Good:**\r\n\r\n```js\r\nh();\r\n```\r\n';
    expect(await payloads(text)).toEqual(['f("😀");\r\ng();']);
  });

  it('are exact in parsed code', async () => {
    const text =
      's = "😀é"\r\n# BAD: 🚨 leaks\r\nopen("ü")\r\n\r\n# GOOD: closes\r\nwith open("ü"): pass\r\n';
    expect(await find(text, 'a.py')).toMatchObject([{ frame: '# BAD: 🚨 leaks', payload: 'open("ü")' }]);
  });

  it('hold for lone surrogates', async () => {
    const text = '\ud800 **Bad:**\n\n**Bad:** \udc00\n\n```js\nf("\ud83d");\n```\n';
    for (const payload of await payloads(text)) expect(text).toContain(payload);
  });
});

/** Pieces that make frames likely, so that random texts reach the linking. */
// prettier-ignore
const piece = fc.oneof(
  fc.constantFrom(
    '\n', '\n\n', '\r\n', '    ', '\t', '# bad\n', '// BAD: x\n', '/* wrong', '*/', '**Bad:**', '**Good:**', '```js\n', '```\n', '~~~', '"""', "'''",
    '<pre class="bad">', '</pre>', '<table><tr><th>Bad</th>', '<td>', '</td>', '</table>', '| Bad | Good |\n|--|--|\n', '| `a` | `b` |', '::: incorrect\n', ':::\n',
    '.. code-block:: c\n\n', 'Wrong::\n\n', '----\n', '[source,c]\n', '=== Bad\n', '@example\n', '{"text": "**Bad:**\\n\\n', '"}', '\\u00', '😀', '\ud800', 'x = 1;', 'f()',
    '<noncompliant>\n', '</noncompliant>\n', '>> Issue: a\n Severity: b\n1 c\n', 'No: x\n', '- ', '> ', '`', '<!--', '-->', '<![CDATA[', ']]>', '>>> a\n', 'Use instead:\n',
  ),
  fc.string({ maxLength: 12 }),
);

describe('any text', () => {
  it('gives spans in range, with a payload, in order, and frames apart from payloads', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.constantFrom(...paths),
        async (pieces, path) => {
          const text = pieces.join('');
          const candidates = await findCandidates(
            { text, ...(path === undefined ? {} : { path }) },
            grammars,
          );
          let last = 0;
          for (const { frame, payload, detection, reasons } of candidates) {
            expect(frame.start).toBeGreaterThanOrEqual(0);
            expect(frame.end).toBeGreaterThan(frame.start);
            expect(frame.end).toBeLessThanOrEqual(text.length);
            expect(payload.start).toBeGreaterThanOrEqual(last);
            expect(payload.end).toBeLessThanOrEqual(text.length);
            expect(text.slice(payload.start, payload.end).trim()).not.toBe('');
            expect(frame.end <= payload.start || frame.start >= payload.end).toBe(true);
            expect(detection).toBeGreaterThan(0);
            expect(detection).toBeLessThanOrEqual(1);
            expect(reasons.length).toBeGreaterThan(0);
            last = payload.start;
          }
          if (candidates.length > 0) expect(mayHoldFrame(text)).toBe(true);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

/** Each would take minutes if a part of the work were quadratic; the suite's time limit is the test. */
describe('adversarial text of a megabyte', () => {
  const size = 1_000_000;
  const fill = (unit: string) => unit.repeat(Math.ceil(size / unit.length));
  it.each([
    ['one word', 'a'],
    ['white space', ' '],
    ['stars', '*'],
    ['brackets', '[('],
    ['back-ticks', '`'],
    ['open tags', '<a '],
    ['attribute quotes', '<td class="'],
    ['open cells', '<table><tr><td>'],
    ['quote marks', '> '],
    ['list marks', '- '],
    ['bad labels', 'bad '],
    ['bad comments', '/* bad */'],
    ['strings', '"\\'],
    ['directives', '.. x:: '],
    ['braces', '{"a":['],
    ['lines of comments', '# bad\n'],
    ['blocks that close what was never opened', '// BAD: no\nf(\n}\n'],
    ['lines of fences', '```\nbad\n'],
    ['lines of labels', '**Bad:**\n\n'],
    ['pipes', '| bad '],
  ])('is read in bounded time: %s', async (_, unit) => {
    const text = `**Bad:**\n\n${fill(unit)}`;
    for (const path of ['a.md', 'a.html', 'a.rst', 'a.lua', 'a.c', 'a.jsonl']) {
      for (const { payload } of await findCandidates({ text, path }, grammars))
        expect(payload.end).toBeLessThanOrEqual(text.length);
    }
  });
});
