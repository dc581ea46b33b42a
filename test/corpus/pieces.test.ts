import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listPieces, readPiece } from '../../src/corpus/pieces.js';
import { headerFor } from './scanFixture.js';
import { temporaryFolder } from './temporaryFolder.js';

describe('pieces of a corpus', () => {
  it('hold each record of a large JSONL file once, and other files whole', async () => {
    const lines = Array.from({ length: 2500 }, (_, at) =>
      JSON.stringify({ text: `${at} ${'x'.repeat(1000)}` }),
    );
    // A piece border falls between two lines as well as inside one.
    lines[0] = lines[0]!.padEnd(1024 * 1024 - 1);
    const folder = temporaryFolder({ 'a.md': 'text', 'b.jsonl': `${lines.join('\n')}\n`, 'empty.md': '' });
    const { options } = headerFor([folder], { maxFileSize: 4_000_000 });
    const pieces = await listPieces([folder], options);
    expect(pieces.map(({ path }) => path.slice(folder.length + 1))).toEqual([
      'a.md',
      ...Array.from({ length: 4 }, () => 'b.jsonl'),
    ]);
    const read: string[] = [];
    for (const piece of pieces) {
      for await (const unit of readPiece(piece, options)) {
        if (unit.kind === 'text') read.push(unit.text);
        if (unit.kind === 'records')
          for (const record of unit.records) if (record.kind === 'line') read.push(record.text);
      }
    }
    expect(read).toEqual(['text', ...lines]);
    expect(pieces.at(-1)?.path).toBe(join(folder, 'b.jsonl'));
  });
});
