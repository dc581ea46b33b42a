import { describe, expect, it } from 'vitest';
import { find, payloads } from './find.js';

describe('reStructuredText', () => {
  it('links a section to its code block', async () => {
    const text =
      'Quoting\n=======\n\nIncorrect\n---------\n\n.. code-block:: bash\n   :linenos:\n\n   rm $file\n\nCorrect\n-------\n\n.. code-block:: bash\n\n   rm "$file"\n';
    const found = await find(text, 'a.rst');
    expect(found).toMatchObject([{ rule: 'heading-before-code', payload: '   rm $file', language: 'bash' }]);
  });

  it('links a paragraph to its literal block', async () => {
    expect(
      await payloads('Do not write this::\n\n    x = eval(s)\n\nbut this::\n\n    x = int(s)\n', 'a.rst'),
    ).toEqual(['    x = eval(s)']);
  });

  it('reads admonitions', async () => {
    const text =
      '.. danger:: Bad\n\n   .. code-block:: python\n\n      eval(s)\n\nElsewhere.\n\n.. code-block:: python\n\n   int(s)\n';
    expect(await payloads(text, 'a.rst')).toEqual(['      eval(s)']);
  });

  it('reads doctest', async () => {
    expect(
      await payloads(
        'Wrong:\n\n>>> 0.1 + 0.2 == 0.3\nFalse\n\nRight:\n\n>>> isclose(0.1 + 0.2, 0.3)\nTrue\n',
        'a.rst',
      ),
    ).toEqual(['>>> 0.1 + 0.2 == 0.3\nFalse']);
  });
});

describe('AsciiDoc', () => {
  it('reads comments in listings, titles and roles', async () => {
    expect(
      await payloads(
        '== Loops\n\n[source,ruby]\n----\n# bad\nfor x in xs\nend\n\n# good\nxs.each\n----\n',
        'a.adoc',
      ),
    ).toEqual(['for x in xs\nend']);
    expect(
      await payloads(
        '.Wrong\n[source,ruby]\n----\nfor x in xs\n----\n\n.Right\n----\nxs.each\n----\n',
        'a.adoc',
      ),
    ).toEqual(['for x in xs']);
  });
});

describe('HTML', () => {
  it('reads headings and classes', async () => {
    const text =
      '<html><body><h2>Noncompliant example</h2><pre><code class="language-js">eval(s)</code></pre><h2>Compliant example</h2><pre>run(s)</pre></body></html>';
    expect(await find(text, 'a.html')).toMatchObject([
      { payload: 'eval(s)', language: 'js', rule: 'heading-before-code' },
    ]);
    expect(
      await payloads('<p>x</p><div class="bad-example"><pre>eval(s)</pre></div><pre>run(s)</pre>', 'a.html'),
    ).toEqual(['eval(s)']);
  });
});

describe('JSON records', () => {
  it('maps spans back through the escapes', async () => {
    const text = '{"id": 1, "text": "😀 **Bad:**\\n\\n```js\\nf(\\"\\u00e9\\");\\n```\\n"}\n';
    expect(await payloads(text, 'a.jsonl')).toEqual(['f(\\"\\u00e9\\");']);
  });

  it('joins a conversation, so that the question frames the answer', async () => {
    const record = {
      messages: [
        { role: 'user', content: 'An example of what not to do:' },
        { role: 'assistant', content: '```js\neval(s)\n```' },
      ],
    };
    expect(await payloads(JSON.stringify(record), 'a.jsonl')).toEqual(['eval(s)']);
  });

  it('joins prompt and completion', async () => {
    const record = { completion: '```js\neval(s)\n```', prompt: '**Incorrect code:**' };
    expect(await payloads(JSON.stringify(record), 'a.jsonl')).toEqual(['eval(s)']);
  });

  it('takes a field whose name warns', async () => {
    const found = await find('{"bad_code": "eval(s)", "good_code": "run(s)"}', 'a.jsonl');
    expect(found).toMatchObject([{ rule: 'record-field', frame: '"bad_code"', payload: 'eval(s)' }]);
  });

  it('goes on after a malformed line', async () => {
    const good = JSON.stringify({ text: '**Bad:**\n\n```js\neval(s)\n```' });
    expect(await payloads(`{"text": "**Bad:**\n${good}\n`, 'a.jsonl')).toEqual(['eval(s)']);
  });

  it('finds the kind of text in a record by itself', async () => {
    const record = { text: 'def f(s):\n    # BAD: runs anything\n    return eval(s)\n' };
    expect(await payloads(JSON.stringify(record), 'a.jsonl')).toEqual(['    return eval(s)']);
  });
});
