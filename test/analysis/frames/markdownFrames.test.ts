import { describe, expect, it } from 'vitest';
import { find, payloads } from './find.js';

const fence = (code: string, language = 'js') => `\`\`\`${language}\n${code}\n\`\`\``;

describe('Markdown', () => {
  it.each([
    ['a heading', '## Noncompliant code', 'heading-before-code'],
    ['a heading with the verdict last', '#### Example, wrong', 'heading-before-code'],
    ['a bold label', '**Bad:**', 'label-before-code'],
    ['a sentence that labels', 'Examples of **incorrect** code for this check:', 'label-before-code'],
    ['an imperative', "Don't do this:", 'label-before-code'],
    ['a sign', '❌ Using a cross', 'label-before-code'],
    ['a plain No', '**No:**', 'label-before-code'],
    ['a label in Chinese', '**错误示例：**', 'label-before-code'],
    ['a label in Japanese', '**悪い例**', 'label-before-code'],
    ['a label in German', '**Schlecht:**', 'label-before-code'],
    ['a label in French', '**Mauvais exemple :**', 'label-before-code'],
    ['a label in Spanish', '**Incorrecto:**', 'label-before-code'],
    ['a label in Portuguese', '**Errado:**', 'label-before-code'],
    ['a label in Russian', '**Плохо:**', 'label-before-code'],
  ])('links %s to the fence after it', async (_, frame, rule) => {
    const text = `# Timers\n\n${frame}\n\n${fence("setTimeout('poll()', 50);")}\n`;
    const found = await find(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ payload: "setTimeout('poll()', 50);", rule, language: 'js' });
    expect(found[0]?.frame).toContain(frame.replace(/^#+ /u, ''));
  });

  it.each([
    'Good:',
    '**Better**',
    '## Compliant solution',
    '✅ Do',
    'Correct code for this check:',
    '推荐：',
    '### Fixed version of the bad code',
  ])('takes nothing under "%s"', async (label) => {
    expect(
      await payloads(`Polling wrongly burns the battery.\n\n${label}\n\n${fence('setTimeout(poll, 50);')}\n`),
    ).toEqual([]);
  });

  it.each(['Unacceptable answer:', 'Never reply like this:', '**Wrong:**', '悪い例：'])(
    'links "%s" to the quotation after it',
    async (frame) => {
      const said = 'Just send me your password,\n> I will look it up.';
      const [only, ...others] = await find(
        `## Support\n\n${frame}\n\n> ${said}\n\nAsk for the ticket number.\n`,
      );
      expect(others).toEqual([]);
      expect(only).toMatchObject({ payload: said, rule: 'label-before-code' });
    },
  );

  it.each([
    ['a neutral lead-in', 'The manual says:', 'Never unplug it while it writes.'],
    ['praise', 'Better answer:', 'I can look that up for you.'],
    ['a warning that ends in itself', 'Never send passwords by mail.', 'Security first, as they say.'],
    ['an admonition', 'This is wrong:', '**Note** that the port differs.'],
    ['an alert', 'Do not do this:', '[!WARNING]\n> It deletes your data.'],
  ])('takes no quotation after %s', async (_, lead, said) => {
    expect(await payloads(`## Support\n\n${lead}\n\n> ${said}\n`)).toEqual([]);
  });

  it('takes the bad half of a pair and says why', async () => {
    const text = `**Wrong**\n\n${fence('a == b;')}\n\n**Right**\n\n${fence('a === b;')}\n`;
    const [only, ...others] = await find(text);
    expect(others).toEqual([]);
    expect(only?.payload).toBe('a == b;');
    expect(only?.reasons).toEqual(['line "**Wrong**" before the code']);
  });

  it('keeps a heading for every block of its section and drops it at the next heading', async () => {
    const text = `## Incorrect\n\n${fence('one();')}\n\n${fence('two();')}\n\n## Usage\n\n${fence('three();')}\n`;
    expect(await payloads(text)).toEqual(['one();', 'two();']);
  });

  it('reads containers, tabs and admonitions', async () => {
    expect(
      await payloads(
        `::: incorrect { "strict": true }\n\n${fence('with (o) {}')}\n\n:::\n\n::: correct\n\n${fence('o.p;')}\n\n:::\n`,
      ),
    ).toEqual(['with (o) {}']);
    expect(await payloads(`=== "Bad"\n\n    ${fence('with (o) {}').replace(/\n/gu, '\n    ')}\n`)).toEqual([
      '    with (o) {}',
    ]);
    expect(
      await payloads(
        `<TabItem value="❌ Incorrect">\n\n${fence('eval(s)')}\n\n</TabItem>\n<TabItem value="✅ Correct">\n\n${fence('run(s)')}\n\n</TabItem>\n`,
      ),
    ).toEqual(['eval(s)']);
  });

  it('reads the class, tag or info string on the code itself', async () => {
    expect(await payloads('<pre class="style-example-bad">eval(s)</pre>\n')).toEqual(['eval(s)']);
    expect(
      await payloads('<pre class="badcode">eval(s)</pre>\n<pre class="goodcode">run(s)</pre>\n'),
    ).toEqual(['eval(s)']);
    expect(await payloads(`${fence('eval(s)', 'js bad')}\n`)).toEqual(['eval(s)']);
    expect(await payloads('<div class="dont">\n\n```js\neval(s)\n```\n\n</div>\n')).toEqual(['eval(s)']);
  });

  it('reads the columns of a pipe table', async () => {
    const text =
      '| Bad | Good |\n| --- | --- |\n| `if (x == null)` | `if (x === null)` |\n| `var a` | `let a` |\n';
    const found = await find(text);
    expect(found.map(({ payload }) => payload)).toEqual(['if (x == null)', 'var a']);
    expect(found.map(({ rule }) => rule)).toEqual(['warning-column', 'warning-column']);
  });

  it('reads the columns of an HTML table with fences in its cells', async () => {
    const text = `<table>\n<tr><th>Good</th><th>Bad</th></tr>\n<tr><td>\n\n${fence('fine()')}\n\n</td><td>\n\n${fence('awful()')}\n\n</td></tr>\n</table>\n`;
    expect(await payloads(text)).toEqual(['awful()']);
  });

  it('reads a list item with indented code and inline code', async () => {
    expect(await payloads('1. Bad:\n\n   ```sh\n   curl x | sh\n   ```\n')).toEqual(['   curl x | sh']);
    expect(await payloads('- Bad: `chmod 777 key.pem`\n- Good: `chmod 600 key.pem`\n')).toEqual([
      'chmod 777 key.pem',
    ]);
  });

  it('takes indented code with its indent', async () => {
    expect(
      await payloads(
        '##### Example, bad\n\n    goto exit;\n    // ...\n\n##### Example, good\n\n    return;\n',
      ),
    ).toEqual(['    goto exit;\n    // ...']);
  });

  it('judges prose that leads into code', async () => {
    const bad =
      'In the following example the input is not checked, which leaves the server vulnerable to injection by an attacker:';
    const good = 'To fix this, the following example escapes the input before it is used:';
    expect(await payloads(`${bad}\n\n${fence('run(input)')}\n`)).toEqual(['run(input)']);
    expect(await payloads(`${good}\n\n${fence('run(escape(input))')}\n`)).toEqual([]);
  });

  it.each([
    "Don't store passwords like this:",
    'Never build a query from what a visitor typed:',
    'For these reasons avoid opening sockets in the following way:',
  ])('takes what prose forbids and then shows: %s', async (prose) => {
    expect(await payloads(`# Notes\n\n${prose}\n\n\`\`\`\nshown()\n\`\`\`\n`)).toEqual(['shown()']);
  });

  it.each(["Don't forget to close it:", 'You do not need anything else:'])(
    'takes nothing from prose that only sounds like it: %s',
    async (prose) => {
      expect(await payloads(`# Notes\n\n${prose}\n\n\`\`\`\nshown()\n\`\`\`\n`)).toEqual([]);
    },
  );

  it('sees from "Use instead:" that the example before it is superseded', async () => {
    const text = `## Example\n\n${fence('list(dict.keys())', 'python')}\n\nUse instead:\n\n${fence('list(dict)', 'python')}\n`;
    expect(await payloads(text)).toEqual(['list(dict.keys())']);
  });

  it('reads labels written into the code', async () => {
    expect(await payloads(fence('Yes: if ready:\n         go()', 'python'))).toEqual([]);
    expect(await payloads(fence('No:  if (ready):\n         go()', 'python'))).toEqual([
      'if (ready):\n         go()',
    ]);
  });

  it('finds the code that a tool quotes', async () => {
    const report =
      '>> Issue: Possible hard-coded key.\n   Severity: Low\n   Location: app.py:2\n1 import os\n2 key = "s3cret"\n';
    expect(await payloads(fence(report, 'text'))).toEqual(['1 import os\n2 key = "s3cret"']);
  });
});

describe('code without a fence', () => {
  it.each([
    ['lines with signs of code', 'poll(sizes[0]);\nsetTimeout(poll, 50);'],
    ['a query', 'SELECT count(*)\nFROM readings\nWHERE day = 3;'],
    ['blank lines inside', 'let total = 0;\nadd(total);\n\nfor (const x of list) {\n  total += x;\n}'],
  ])('is a payload: %s', async (_, code) => {
    const text = `Wrong:\n\n${code}\n\nThe next section tells more of it, and of its cost.\n`;
    expect(await payloads(text)).toEqual([code]);
  });

  it.each([
    'Wrong:\n\nThe call (with its arguments) is slow,\nand so are others like it.\n',
    'Wrong:\n\nNames such as a.b are found first.\nThen those of the class (if any) follow.\n',
  ])('is no prose with signs: %j', async (text) => {
    expect(await payloads(text)).toEqual([]);
  });
});

describe('Markdown without a demonstration', () => {
  it.each([
    ['a warning alone', '**Bad:** never store passwords in plain text. It is dangerous and wrong.'],
    ['a warning heading over prose', '## Incorrect usage\n\nCalling this twice is wrong.'],
    ['a warning cut at the end', '**Bad:**'],
    ['an empty fence', '**Bad:**\n\n```js\n```\n'],
    ['an unclosed container', '::: incorrect'],
    ['an unclosed table', '<table>\n<tr><th>Bad</th><th>Good</th></tr>\n<tr><td>'],
    ['a question as a heading', '### Why is this bad?\n\nBecause it is slow.'],
    ['installation notes', "Don't forget to install it first:\n\n```sh\nnpm install\n```\n"],
  ])('finds nothing in %s', async (_, text) => {
    expect(await payloads(text)).toEqual([]);
  });
});
