import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCandidates } from '../../src/analysis/frames/findCandidates.js';
import { fingerprintContent } from '../../src/analysis/fingerprint.js';
import { grammars } from './frames/find.js';

const lines = [
  '# BAD: the shell reads the name as a command',
  'def show(name):',
  '    command = "open " + name',
  '',
  '    os.system(command)',
];

async function fingerprints(text: string): Promise<string[]> {
  const candidates = await findCandidates({ text, path: 'a.py' }, grammars);
  return candidates.map((candidate) => fingerprintContent(text, candidate));
}

describe('a fingerprint', () => {
  it('survives moved lines, another indent, other line breaks and suppression comments', async () => {
    const wanted = await fingerprints(lines.join('\n'));
    expect(wanted).toHaveLength(1);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(5),
        fc.constantFrom('', '    ', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.option(fc.nat(lines.length - 1), { nil: undefined }),
        fc.constantFrom('  # backfire-ignore', '  # backfire-ignore[tool-report] -- as it was'),
        async (moved, indent, lineBreak, told, comment) => {
          const text = [
            ...Array.from({ length: moved }, (_, index) => `import module_${index}`),
            ...(indent === '' ? [] : ['class Lessons:']),
            ...lines.map((line, index) => `${indent}${line}${index === told && line !== '' ? comment : ''}`),
            '',
          ].join(lineBreak);
          expect(await fingerprints(text)).toEqual(wanted);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('differs with the frame, the payload and the rule', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    const found = fc.record({
      frame: word,
      payload: word,
      rule: fc.constantFrom('tool-report', 'label-in-code'),
    });
    const content = ({ frame, payload, rule }: { frame: string; payload: string; rule: string }): string => {
      const text = `${frame}\n${payload}`;
      const split = frame.length + 1;
      return fingerprintContent(text, {
        frame: { start: 0, end: frame.length },
        payload: { start: split, end: text.length },
        rule,
      });
    };
    fc.assert(
      fc.property(found, found, (one, other) => {
        expect(content(one) === content(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  it('tells a frame apart from none, and lines apart from one line', () => {
    const of = (text: string, frame: { start: number; end: number } | null): string =>
      fingerprintContent(text, { frame, payload: { start: 0, end: text.length }, rule: 'record-field' });
    expect(of('a b', null)).not.toBe(of('a b', { start: 0, end: 1 }));
    expect(of('a\nb', null)).not.toBe(of('a b', null));
  });
});
