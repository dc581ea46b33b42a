import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeLabel } from '../../../src/analysis/frames/labels.js';
import { wordTree } from '../../../src/analysis/frames/wordTree.js';

/** Words as the lists of markers write them: letters, groups, options, classes. */
const words = fc.array(
  fc
    .array(
      fc.constantFrom('a', 'b', 'no', 'nota', ' ', 'a?', '[ab]', '(?:a|bo)', '(?:no |b)?', '(?:a(?:b|n)|o)'),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((parts) => parts.join('')),
  { minLength: 1, maxLength: 8 },
);

describe('one pattern of many words', () => {
  it('matches what the words in turn would match', () => {
    fc.assert(
      fc.property(words, fc.array(fc.constantFrom('a', 'b', 'n', 'o', 't', ' ')), (list, letters) => {
        const text = letters.join('');
        const tree = new RegExp(`^(?:${wordTree(list)})`, 'u').exec(text)?.[0];
        expect(tree).toBe(new RegExp(`^(?:${list.join('|')})`, 'u').exec(text)?.[0]);
      }),
      { numRuns: 3000 },
    );
  });

  it('looks at one branch a letter', () => {
    expect(wordTree(['bad(?:ly)?', 'better', 'wrong'])).toBe('b(?:ad(?:ly)?|etter)|wrong');
  });
});

describe('a label whose words are set apart by signs', () => {
  it.each([
    'less **ideal**:',
    'anti_pattern:',
    '__Bad__',
    'what’s `wrong` with this',
    'DO *NOT*',
    'не **делайте** так',
  ])('takes a side: %s', (label) => {
    expect(judgeLabel(label)?.polarity).toBe('bad');
  });
});
