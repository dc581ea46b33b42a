import { describe, expect, it } from 'vitest';
import { layOut, sharedPrefix, tokenIndex } from '../../src/model/layout.js';

const ids = (...values: number[]) => Int32Array.from(values);

describe('layOut', () => {
  it('computes a shared prefix once and lets both versions read it', () => {
    const run = layOut([
      { ids: ids(10, 11, 12, 13) },
      { ids: ids(10, 11, 20), sharedWith: { version: 0, tokens: 2 } },
    ]);
    expect([...run.ids].map(Number)).toEqual([10, 11, 12, 13, 20]);
    expect([...run.lengths]).toEqual([4, 3]);
    expect([0, 1, 2].map((position) => tokenIndex(run, 1, position))).toEqual([0, 1, 4]);
  });

  it('reads each token where its own version stands', () => {
    const run = layOut([{ ids: ids(1, 2) }, { ids: ids(3, 4, 5) }]);
    expect([...run.home].map(Number)).toEqual([0, 1, 3, 4, 5]);
    for (const [token, slot] of run.home.entries()) expect(Number(run.layout[Number(slot)])).toBe(token);
  });

  it('refuses what cannot be laid out', () => {
    expect(() => layOut([{ ids: ids() }])).toThrow(RangeError);
    expect(() => layOut([{ ids: ids(1), sharedWith: { version: 0, tokens: 1 } }])).toThrow(RangeError);
    expect(() =>
      layOut([{ ids: ids(1) }, { ids: ids(1, 2), sharedWith: { version: 0, tokens: 2 } }]),
    ).toThrow(RangeError);
  });
});

it('sharedPrefix counts the common first tokens', () => {
  expect(sharedPrefix(ids(1, 2, 3), ids(1, 2, 4, 5))).toBe(2);
  expect(sharedPrefix(ids(1), ids(1, 2))).toBe(1);
  expect(sharedPrefix(ids(), ids(1))).toBe(0);
});
