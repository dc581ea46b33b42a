import { expect, it } from 'vitest';
import { find } from './find.js';

const levels = 100_000;
const nested = (open: string, inside: string, close: string): string =>
  open.repeat(levels) + inside + close.repeat(levels);

it.each([
  ['a.md', 'Do not:\n\n', nested('> ', '', '')],
  ['a.md', 'Do not:\n\n', nested('[', 'x', ']')],
  ['a.html', '<!-- BAD: never do this -->\n', nested('<div>', 'x', '</div>')],
  ['a.js', '// BAD: never do this\n', `const a = ${nested('[', '1', ']')};`],
  ['a.tsx', '// BAD: never do this\n', `const a = ${nested('<a>', 'x', '</a>')};`],
  ['a.py', '# BAD: never do this\n', `a = ${nested('(', '1', ')')}`],
  ['a.c', '// BAD: never do this\n', `void f() {${nested('{', '1;', '}')}}`],
  ['a.java', '// BAD: never do this\n', `class A { int a = ${nested('f(', '1', ')')}; }`],
])('%s with nesting of 100,000 levels is read like any other', async (path, frame, deep) => {
  const found = await find(`${frame}${deep}\n`, path);
  // In markup no code stands under the frame: that it is read at all is the test.
  expect(found).toHaveLength(/\.(?:md|html)$/.test(path) ? 0 : 1);
});
