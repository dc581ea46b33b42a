import { describe, expect, it } from 'vitest';
import { documentSuppressions } from '../../src/analysis/documentSuppressions.js';
import { findCandidates } from '../../src/analysis/frames/findCandidates.js';
import { insertSuppression } from '../../src/analysis/suppressionInsertion.js';
import { grammars } from './frames/find.js';

const comment = 'BAD: the shell reads the name as a command';
const fenced = '```js\neval(x)\n```\n';

/** Documents with one finding each, and the comment that a person would write there. */
const cases: readonly (readonly [path: string, text: string, wanted: string])[] = [
  [
    'a.py',
    `def f():\n    # ${comment}\n    os.system(name)\n`,
    '    # backfire-ignore-next[comment-above-code]\n',
  ],
  ['a.py', `os.system(name)  # ${comment}\n`, '# backfire-ignore-next[comment-beside-code]\n'],
  [
    'a.py',
    `def f():\n    """Opens a thing.\n\n    BAD::\n\n        os.system(name)\n    """\n`,
    '    backfire-ignore-next[',
  ],
  ['a.js', `// ${comment}\r\nexec(name);\r\n`, '// backfire-ignore-next[comment-above-code]\r\n'],
  [
    'a.js',
    `/**\n * Opens.\n *\n * Bad:\n * \`\`\`js\n * exec(name);\n * \`\`\`\n */\nfunction f() {}\n`,
    ' * backfire-ignore-next[',
  ],
  ['a.css', `/* ${comment} */\na { color: red; }\n`, '/* backfire-ignore-next[comment-above-code] */\n'],
  ['a.sql', `-- ${comment}\nSELECT 1;\n`, '-- backfire-ignore-next[comment-above-code]\n'],
  ['a.tex', `% ${comment}\n\\input{x}\n`, '% backfire-ignore-next'],
  ['a.md', `**Bad:**\n\n${fenced}`, '<!-- backfire-ignore-next[label-before-code] -->\n'],
  ['a.md', `## Bad\n\n${fenced}`, '<!-- backfire-ignore-next[heading-before-code] -->\n'],
  ['a.md', `\`\`\`js\n// ${comment}\nexec(name);\n\`\`\`\n`, '// backfire-ignore-next[comment-above-code]\n'],
  [
    'a.md',
    '| Bad | Good |\n| --- | --- |\n| `eval(x)` | `f(x)` |\n',
    '<!-- backfire-ignore-next[warning-column] -->\n',
  ],
  ['a.html', '<h2>Bad</h2>\n<pre>eval(x)</pre>\n', '<!-- backfire-ignore-next[heading-before-code] -->\n'],
  ['a.rst', 'Bad::\n\n   eval(x)\n\nText.\n', '.. backfire-ignore-next[label-before-code]\n\n'],
  ['a.adoc', '.Bad\n[source,js]\n----\neval(x)\n----\n', '// backfire-ignore-next['],
  [
    'a.md',
    `\`\`\`py\n# ${comment}\nos.system(name)\n\`\`\`\n`,
    '# backfire-ignore-next[comment-above-code]\n',
  ],
  [
    'a.md',
    `Consider this:\n\n${fenced}\nUse instead:\n\n\`\`\`js\nf(x)\n\`\`\`\n`,
    '<!-- backfire-ignore-next[',
  ],
  ['a.md', '```js\nNo:\neval(x)\n```\n', '<!-- backfire-ignore-next[label-in-code] -->\n'],
  [
    'a.jsonl',
    `${JSON.stringify({ id: 1, text: `**Bad:**\n\n${fenced}` })}\n`,
    '"backfire": "ignore[label-before-code]", ',
  ],
];

describe('the suppression that is offered', () => {
  it.each(cases)('in %s for %j is %j, and suppresses the finding', async (path, text, wanted) => {
    const open = async (document: string) =>
      (await findCandidates({ text: document, path }, grammars)).filter(
        ({ detection, suppressed }) => detection >= 0.5 && suppressed === undefined,
      );
    const [finding, ...more] = await open(text);
    expect(more).toEqual([]);
    if (finding === undefined) throw new Error('nothing is found');
    const insertion = insertSuppression({ text, path }, finding);
    if (insertion === undefined) throw new Error('nothing is offered');
    expect(insertion.text.startsWith(wanted), insertion.text).toBe(true);
    const suppressed = text.slice(0, insertion.offset) + insertion.text + text.slice(insertion.offset);
    expect(await open(suppressed)).toEqual([]);
    const told = documentSuppressions({ text: suppressed, path });
    expect(told?.problems).toEqual([]);
    const moved = (at: number): number => (at >= insertion.offset ? at + insertion.text.length : at);
    const place = ({ start, end }: { start: number; end: number }) => ({
      start: moved(start),
      end: moved(end),
    });
    expect(
      told?.of({ frame: place(finding.frame), payload: place(finding.payload), rule: finding.rule }),
    ).toBeDefined();
  });

  it('is none where a JSON text is no record', () => {
    expect(
      insertSuppression({ text: '["x"]', path: 'a.json' }, { payload: { start: 2, end: 3 } }),
    ).toBeUndefined();
  });
});
