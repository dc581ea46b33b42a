import fc from 'fast-check';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readLines, type InputLine } from '../../src/corpus/readLines.js';
import { collect } from './collect.js';

async function linesOf(
  chunks: readonly Uint8Array[],
  maxBytes = 1000,
  from?: { byte: number; records: number },
): Promise<InputLine[]> {
  return collect(readLines(Readable.from(chunks), maxBytes, from));
}

describe('readLines', () => {
  it('numbers lines and says where they lie, in bytes', async () => {
    expect(await linesOf([Buffer.from('ä\nbb\r\n\nc')])).toEqual([
      { kind: 'line', number: 1, start: 0, end: 3, text: 'ä', replaced: false },
      { kind: 'line', number: 2, start: 3, end: 7, text: 'bb', replaced: false },
      { kind: 'line', number: 3, start: 7, end: 8, text: '', replaced: false },
      { kind: 'line', number: 4, start: 8, end: 9, text: 'c', replaced: false },
    ]);
  });

  it('gives nothing for an empty stream', async () => {
    expect(await linesOf([])).toEqual([]);
  });

  it('reads through a line over the limit and goes on after it', async () => {
    expect(
      await linesOf([Buffer.from('short\n' + 'x'.repeat(50)), Buffer.from('y'.repeat(50) + '\nnext\n')], 20),
    ).toMatchObject([
      { kind: 'line', text: 'short' },
      { kind: 'too-long', number: 2, start: 6, end: 107, bytes: 100 },
      { kind: 'line', number: 3, text: 'next' },
    ]);
  });

  it('replaces what is no UTF-8 and says so', async () => {
    expect(await linesOf([Buffer.from([0x41, 0xff, 0x0a])])).toMatchObject([
      { text: 'A\ufffd', replaced: true },
    ]);
  });

  it('goes on at a border as if it had never stopped', async () => {
    const bytes = Buffer.from('eins\nzwei\ndrei\n');
    const [first, ...rest] = await linesOf([bytes]);
    const from = { byte: first?.end ?? 0, records: 1 };
    expect(await linesOf([bytes.subarray(from.byte)], 1000, from)).toEqual(rest);
  });

  it('does not depend on how the stream was cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.array(fc.nat({ max: 8 })), async (text, cuts) => {
        const bytes = Buffer.from(text);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const cut of cuts) {
          chunks.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        chunks.push(bytes.subarray(at));
        expect(await linesOf(chunks, 10)).toEqual(await linesOf([bytes], 10));
      }),
    );
  });
});
