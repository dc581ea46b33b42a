import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/analysis/candidate.js';
import { findCandidates } from '../../src/analysis/frames/findCandidates.js';
import { sampleOf } from '../../src/analysis/sampleWindow.js';
import {
  readSuppressions,
  suppressionProblems,
  withoutSuppressions,
} from '../../src/analysis/suppressions.js';
import { grammars } from './frames/find.js';

/** Payloads at the operating point by whether something suppresses them. */
async function found(text: string, path: string): Promise<{ open: string[]; suppressed: string[] }> {
  const candidates = (await findCandidates({ text, path }, grammars)).filter((each) => each.detection >= 0.5);
  const payloads = (isSuppressed: boolean): string[] =>
    candidates
      .filter((each) => (each.suppressed !== undefined) === isSuppressed)
      .map(({ payload }) => text.slice(payload.start, payload.end).trim());
  return { open: payloads(false), suppressed: payloads(true) };
}

const problems = (text: string): string[] =>
  suppressionProblems(text).map(({ line, message }) => `${line}: ${message}`);

const first = '# BAD: the shell reads the name as a command\nos.system("open " + name)\n';
const second = '# BAD: anybody may write there\nos.chmod(path, 0o777)\n';

describe('backfire-ignore', () => {
  it.each([
    ['at the end of the line of the payload', first.replace('name)\n', 'name)  # backfire-ignore\n')],
    ['at the end of the line of the frame', first.replace('command\n', 'command  # backfire-ignore\n')],
    ['on the line between them', first.replace('command\n', 'command\n# backfire-ignore\n')],
    ['alone on the line that trails the payload', `${first}# backfire-ignore\n`],
    ['behind a blank line', `${first}\n# backfire-ignore\n`],
  ])('%s suppresses that finding and no other', async (_, text) => {
    const { open, suppressed } = await found(`import os\n\n${text}\n\n${second}`, 'a.py');
    expect(suppressed).toHaveLength(1);
    expect(suppressed[0]).toContain('os.system');
    expect(open).toEqual(['os.chmod(path, 0o777)']);
  });

  it('suppresses the whole function whose head it stands on', async () => {
    const text = `# BAD: the shell reads the name as a command\ndef show(name):  # backfire-ignore\n    os.system(name)\n`;
    expect((await found(text, 'a.py')).suppressed).toHaveLength(1);
  });

  it('may stand inside a docstring without a sign', async () => {
    const text =
      'def f():\n    """Opens a thing.\n\n    BAD::\n\n        os.system(name)\n\n    backfire-ignore\n    """\n';
    const { open, suppressed } = await found(text, 'a.py');
    expect(open).toEqual([]);
    expect(suppressed).toEqual(['os.system(name)']);
  });
});

describe('backfire-ignore-next', () => {
  it('suppresses the finding that begins on the next line', async () => {
    const { open, suppressed } = await found(`# backfire-ignore-next\n${first}\n${second}`, 'a.py');
    expect([open, suppressed]).toEqual([['os.chmod(path, 0o777)'], ['os.system("open " + name)']]);
  });

  it.each([
    ['before the label', '<!-- backfire-ignore-next -->\n\n**Bad:**\n\n```js\neval(x)\n```\n'],
    ['before the fence', '**Bad:**\n\n<!-- backfire-ignore-next -->\n```js\neval(x)\n```\n'],
  ])('in Markdown works %s', async (_, text) => {
    const { open, suppressed } = await found(`${text}\n**Bad:**\n\n\`\`\`js\nf(y)\n\`\`\`\n`, 'a.md');
    expect([open, suppressed]).toEqual([['f(y)'], ['eval(x)']]);
  });

  it('does not reach past other text', async () => {
    const text = `# backfire-ignore-next\nimport os\n\n${first}`;
    expect((await found(text, 'a.py')).suppressed).toEqual([]);
  });
});

describe('backfire-ignore-begin and backfire-ignore-end', () => {
  it('suppress what lies between them', async () => {
    const fence = (code: string): string => `**Bad:**\n\n\`\`\`js\n${code}\n\`\`\`\n\n`;
    const text = `${fence('a()')}<!-- backfire-ignore-begin -- a lesson -->\n\n${fence('b()')}${fence('c()')}<!-- backfire-ignore-end -->\n\n${fence('d()')}`;
    const { open, suppressed } = await found(text, 'a.md');
    expect([open, suppressed]).toEqual([
      ['a()', 'd()'],
      ['b()', 'c()'],
    ]);
    const candidates = await findCandidates({ text, path: 'a.md' }, grammars);
    expect(candidates[1]?.suppressed).toEqual({ kind: 'comment', reason: 'a lesson' });
  });

  it('nest', async () => {
    const text = `# backfire-ignore-begin\n# backfire-ignore-begin[tool-report]\n# backfire-ignore-end\n${first}# backfire-ignore-end\n${second}`;
    expect((await found(text, 'a.py')).suppressed).toEqual(['os.system("open " + name)']);
    expect(problems(text)).toEqual([]);
  });
});

describe('rule codes', () => {
  it('limit a suppression to those rules', async () => {
    const named = (code: string): string => `# backfire-ignore-next[${code}]\n${first}`;
    expect((await found(named('comment-above-code'), 'a.py')).suppressed).toHaveLength(1);
    expect((await found(named('tool-report, comment-above-code'), 'a.py')).suppressed).toHaveLength(1);
    expect((await found(named('tool-report'), 'a.py')).suppressed).toEqual([]);
  });
});

describe('every comment syntax', () => {
  it.each([
    ['a.py', '# backfire-ignore'],
    ['a.js', '// backfire-ignore[comment-above-code] -- shown on purpose'],
    ['a.js', '/* backfire-ignore */'],
    ['a.js', '/*\n * backfire-ignore\n */'],
    ['a.jsx', '{/* backfire-ignore */}'],
    ['a.rs', '//! backfire-ignore'],
    ['a.html', '<!-- backfire-ignore -- shown on purpose -->'],
    ['a.sql', '-- backfire-ignore -- shown on purpose'],
    ['a.lua', '--[[ backfire-ignore ]]'],
    ['a.tex', '% backfire-ignore'],
    ['a.clj', ';; backfire-ignore'],
    ['a.hs', '{- backfire-ignore -}'],
    ['a.ps1', '<# backfire-ignore #>'],
    ['a.jl', '#= backfire-ignore =#'],
    ['a.rst', '.. backfire-ignore'],
    ['a.py', '"""backfire-ignore"""'],
  ])('%s: %s', (_, comment) => {
    const text = `one\n${comment}\ntwo\n`;
    const suppressions = readSuppressions(text);
    expect(suppressions?.problems).toEqual([]);
    const { length } = 'one\n';
    expect(
      suppressions?.of({ payload: { start: 0, end: length }, rule: 'comment-above-code' }),
    ).toMatchObject({ kind: 'comment' });
    expect(suppressions?.clean.text).not.toContain('backfire');
  });

  it('is read in reStructuredText and AsciiDoc', async () => {
    const rst = '.. backfire-ignore-next\n\nBad::\n\n   eval(x)\n\nGood::\n\n   f(x)\n';
    expect(await found(rst, 'a.rst')).toEqual({ open: [], suppressed: ['eval(x)'] });
    const adoc = '// backfire-ignore-next\n.Bad\n[source,js]\n----\neval(x)\n----\n';
    expect((await found(adoc, 'a.adoc')).open).toEqual([]);
  });

  it.each([
    ['a string', 'x = "# backfire-ignore"'],
    ['inline code', 'Write `<!-- backfire-ignore -->` above it.'],
    ['running text', 'backfire-ignore comments are read in any language'],
    ['a URL', 'http://backfire-ignore.example'],
  ])('is not read in %s', (_, text) => {
    expect(readSuppressions(text)).toBeUndefined();
  });
});

describe('what is wrong with a suppression', () => {
  it.each([
    [
      'an unknown rule',
      'x\n# backfire-ignore[no-such-rule]\n',
      '2: backfire-ignore names an unknown rule: no-such-rule',
    ],
    ['no rule at all', '# backfire-ignore[]\n', '1: backfire-ignore names an empty rule'],
    ['another word', '// backfire-ignore-file\n', '1: backfire-ignore-file is unknown'],
    ['text that is no reason', '# backfire-ignore because I say so\n', '1: backfire-ignore is followed by'],
    ['an end without a begin', 'x\n\n# backfire-ignore-end\n', '3: backfire-ignore-end has no'],
    ['a begin without an end', '# backfire-ignore-begin\nx\n', '1: backfire-ignore-begin has no'],
    [
      'rules at the end',
      '# backfire-ignore-begin\n# backfire-ignore-end[tool-report]\n',
      '2: backfire-ignore-end takes',
    ],
  ])('%s is told with its line', (_, text, problem) => {
    expect(problems(text)).toHaveLength(1);
    expect(problems(text)[0]).toContain(problem);
  });

  it('suppresses nothing more than it says', async () => {
    for (const told of ['[no-such-rule]', ' because', '-begin', '-file']) {
      expect((await found(`# backfire-ignore${told}\n${first}`, 'a.py')).suppressed).toEqual([]);
    }
  });

  it('leaves the known rules beside an unknown one in force', async () => {
    const text = `# backfire-ignore-next[no-such-rule, comment-above-code]\n${first}`;
    expect((await found(text, 'a.py')).suppressed).toHaveLength(1);
  });
});

describe('records', () => {
  const record = (extra: object): string =>
    JSON.stringify({ text: '**Bad:**\n\n```js\neval(x)\n```\n', ...extra });

  it('are suppressed by their own field, line by line and in a list', async () => {
    const lines = [
      record({}),
      record({ backfire: 'ignore -- kept for the lesson' }),
      record({ backfire: 'ignore[tool-report]' }),
    ];
    const jsonl = lines.join('\n');
    const json = `[${lines.join(',\n')}]`;
    for (const [text, path] of [
      [jsonl, 'a.jsonl'],
      [json, 'a.json'],
    ] as const) {
      const candidates = await findCandidates({ text, path }, grammars);
      expect(
        candidates.map(({ suppressed }) => suppressed),
        path,
      ).toEqual([undefined, { kind: 'record', reason: 'kept for the lesson' }, undefined]);
    }
  });

  it('are suppressed by comments inside their texts', async () => {
    const text = JSON.stringify({ text: '**Bad:**\n\n<!-- backfire-ignore-next -->\n```js\neval(x)\n```\n' });
    expect((await found(text, 'a.jsonl')).suppressed).toEqual(['eval(x)']);
  });
});

describe('suppression comments', () => {
  const base = ['import os', '', ...first.trim().split('\n'), '', ...second.trim().split('\n'), ''];

  it('change nothing of what is found, and are not in what is measured', async () => {
    const clean = base.join('\n');
    const wanted = await findCandidates({ text: clean, path: 'a.py' }, grammars);
    const comment = fc.constantFrom(
      '# backfire-ignore[tool-report]',
      '# backfire-ignore-next',
      '# backfire-ignore-begin',
      '# backfire-ignore-end -- so',
      '# backfire-ignore[nonsense]',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(base.length - 1), comment, fc.boolean()), { maxLength: 4 }),
        async (inserted) => {
          const lines = [...base];
          for (const [at, told, isTrailing] of inserted) {
            if (isTrailing && (lines[at] ?? '') !== '' && !(lines[at] ?? '').includes('backfire'))
              lines[at] = `${lines[at] ?? ''}  ${told}`;
            else lines.splice(at, 0, told);
          }
          const text = lines.join('\n');
          expect(withoutSuppressions(text)?.text ?? text).toBe(clean);
          const got = await findCandidates({ text, path: 'a.py' }, grammars);
          const verdict = ({ rule, detection, reasons, language }: Candidate): unknown[] => [
            rule,
            detection,
            reasons,
            language,
          ];
          expect(got.map(verdict)).toEqual(wanted.map(verdict));
          got.forEach((candidate, index) => {
            const { sample } = sampleOf({ text }, candidate);
            expect(sample.text).not.toContain('backfire');
            const like = sampleOf({ text: clean }, wanted[index]!).sample;
            expect(sample.text.slice(sample.frame?.start, sample.frame?.end)).toBe(
              like.text.slice(like.frame?.start, like.frame?.end),
            );
            expect(sample.text.slice(sample.payload?.start, sample.payload?.end)).toBe(
              like.text.slice(like.payload?.start, like.payload?.end),
            );
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('are taken out of any text in one go, leaving the rest as it stands', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '# ',
            '/* ',
            ' */',
            '<!-- ',
            ' -->',
            '\n',
            '\r\n',
            'backfire-ignore',
            '-next',
            '[',
            ']',
            ' -- ',
            'x',
            '"""',
            '*',
            '😀',
          ),
          { maxLength: 30 },
        ),
        (pieces) => {
          const text = pieces.join('');
          const clean = withoutSuppressions(text);
          if (clean === undefined) return;
          expect(clean.text.length).toBeLessThan(text.length);
          for (let at = 0; at < clean.text.length; at++) {
            const { start } = clean.toSource({ start: at, end: at + 1 });
            expect(text[start]).toBe(clean.text[at]);
          }
        },
      ),
    );
  });

  it('cost no more than the text is long, whatever stands in it', () => {
    const hostile = [
      'backfire-ignore '.repeat(60_000),
      `# backfire-ignore${' '.repeat(1_000_000)}x`,
      `${'#'.repeat(500_000)} backfire-ignore`,
      '# backfire-ignore[x]\n'.repeat(50_000),
    ];
    for (const text of hostile)
      expect(readSuppressions(text)?.clean.text.length ?? 0).toBeLessThan(text.length);
  });
});
