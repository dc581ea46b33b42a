import { describe, expect, it } from 'vitest';
import { wordingOf } from '../../src/analysis/wordings.js';
import { WordingTable } from '../../src/corpus/wordingTable.js';

function wordingsOf(...frames: string[]) {
  const table = new WordingTable();
  for (const frame of frames) table.add(frame);
  return table.summary();
}

describe('the wording of a frame', () => {
  it.each([
    ['// BAD: eval(x) at line 3', 'bad … at line 0'],
    ['# bad: `exec(y)` at line 71', 'bad … at line 0'],
    ["<!-- Don't do this! -->", "don't do this"],
    ['### Incorrect', 'incorrect'],
    ['/* ⚠️ NEVER copy\n * this */', 'never copy this'],
    ['so nicht: "SELECT *" – gefährlich', 'so nicht … gefährlich'],
    ['/////', ''],
  ])('of %j is %j', (frame, wording) => {
    expect(wordingOf(frame)).toBe(wording);
  });

  it('is cut, and found in bounded time', () => {
    expect(wordingOf('x'.repeat(100_000)).length).toBeLessThanOrEqual(160);
    expect(wordingOf('`'.repeat(50_001) + '("'.repeat(50_000)).length).toBeLessThanOrEqual(160);
  });
});

describe('the wordings of a corpus', () => {
  it('are none where nothing warns', () => {
    expect(wordingsOf()).toEqual({ frames: 0, wordings: 0, groups: 0, entropy: 0, missed: 0, top: [] });
  });

  it('have no entropy where one sentence is repeated, whatever it is written in', () => {
    const { wordings, groups, entropy, top } = wordingsOf('// BAD', '# bad:', '<!-- Bad -->');
    expect([wordings, groups, entropy]).toEqual([1, 1, 0]);
    expect(top).toEqual([{ wording: 'bad', frames: 3 }]);
  });

  it('have as many bits as equally frequent ones need', () => {
    const { groups, entropy } = wordingsOf(
      'bad',
      'never',
      'wrong way',
      'do not copy',
      'bad',
      'never',
      'wrong way',
      'do not copy',
    );
    expect([groups, entropy]).toEqual([4, 2]);
  });

  it('are grouped where they differ in a word of many', () => {
    const sentence = 'this example is here to show what no one should ever put into production code';
    const { wordings, groups, top } = wordingsOf(sentence, `${sentence} again`, 'avoid');
    expect([wordings, groups]).toEqual([3, 2]);
    expect(top[0]).toEqual({ wording: sentence, frames: 2 });
  });

  it('stay within their memory, and say what they left out', () => {
    const table = new WordingTable(2);
    for (const frame of ['bad', 'never', 'wrong', 'bad']) table.add(frame);
    expect(table.summary()).toMatchObject({ frames: 4, wordings: 2, missed: 1, entropy: 0.918296 });
  });
});
