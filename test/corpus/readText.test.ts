import { chmodSync, ftruncateSync, openSync, closeSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readText, readTextStream } from '../../src/corpus/readText.js';
import { temporaryFolder } from './temporaryFolder.js';

const limit = 4 * 1024 * 1024;

describe('readText', () => {
  it('reads UTF-8', async () => {
    const folder = temporaryFolder({ 'a.md': 'schön 🐍\r\n' });
    expect(await readText(join(folder, 'a.md'), limit)).toEqual({
      kind: 'text',
      text: 'schön 🐍\r\n',
      bytes: 13,
      notes: [],
    });
  });

  it('reads an empty file as an empty text', async () => {
    const folder = temporaryFolder({ 'a.md': '' });
    expect(await readText(join(folder, 'a.md'), limit)).toEqual({
      kind: 'text',
      text: '',
      bytes: 0,
      notes: [],
    });
  });

  it('takes a byte order mark for no part of the text', async () => {
    const folder = temporaryFolder({ 'a.md': '\ufeffBAD' });
    expect(await readText(join(folder, 'a.md'), limit)).toMatchObject({ text: 'BAD', bytes: 6 });
  });

  it.each([
    ['utf-16le', Buffer.from('\ufeffBAD 🐍', 'utf16le')],
    ['utf-16be', Buffer.from('\ufeffBAD 🐍', 'utf16le').swap16()],
  ])('reads %s where a byte order mark says so, and notes it', async (encoding, content) => {
    const folder = temporaryFolder({ 'a.md': content });
    expect(await readText(join(folder, 'a.md'), limit)).toMatchObject({
      text: 'BAD 🐍',
      notes: [`decoded as ${encoding.toUpperCase()}`],
    });
  });

  it('replaces what is no UTF-8 and notes it', async () => {
    const folder = temporaryFolder({ 'a.md': Buffer.from([0x42, 0xff, 0x41, 0xc3]) });
    expect(await readText(join(folder, 'a.md'), limit)).toEqual({
      kind: 'text',
      text: 'B\ufffdA\ufffd',
      bytes: 4,
      notes: ['bytes that are not UTF-8 were replaced by U+FFFD'],
    });
  });

  it('skips binary files', async () => {
    const folder = temporaryFolder({ 'a.png': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]) });
    expect(await readText(join(folder, 'a.png'), limit)).toMatchObject({ kind: 'skipped', reason: 'binary' });
  });

  it('skips a single line of 200 MB by its size', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'huge.js');
    const file = openSync(path, 'w');
    ftruncateSync(file, 200_000_000);
    closeSync(file);
    const before = process.memoryUsage().arrayBuffers;
    expect(await readText(path, limit)).toEqual({
      kind: 'skipped',
      reason: 'too-large',
      detail: `at least 200000000 bytes, the limit is ${limit}`,
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(limit);
  });

  it('reads files of more than one chunk whole', async () => {
    const text = 'ä'.repeat(300_000);
    const folder = temporaryFolder({ 'a.md': text });
    expect(await readText(join(folder, 'a.md'), limit)).toEqual({
      kind: 'text',
      text,
      bytes: 600_000,
      notes: [],
    });
  });

  it('names missing files, folders and files that may not be read', async () => {
    const folder = temporaryFolder({ 'closed.md': 'x' });
    mkdirSync(join(folder, 'inner'));
    chmodSync(join(folder, 'closed.md'), 0o000);
    expect(await readText(join(folder, 'gone.md'), limit)).toMatchObject({ reason: 'missing' });
    expect(await readText(join(folder, 'inner'), limit)).toMatchObject({ reason: 'not-a-file' });
    if (process.geteuid?.() === 0) process.seteuid?.(65534);
    const closed = await readText(join(folder, 'closed.md'), limit);
    if (process.getuid?.() === 0) process.seteuid?.(0);
    // As nobody the temporary folder itself is closed too; both are a matter of permission.
    expect(closed).toMatchObject({ reason: 'no-permission' });
  });
});

describe('readTextStream', () => {
  const chunks = (...parts: Uint8Array[]): Readable => Readable.from(parts);

  it('joins characters that two chunks share', async () => {
    const bytes = Buffer.from('🐍');
    expect(await readTextStream(chunks(bytes.subarray(0, 2), bytes.subarray(2)), limit)).toMatchObject({
      text: '🐍',
    });
  });

  it('gives up at the limit without reading on', async () => {
    let given = 0;
    const endless = new Readable({
      highWaterMark: 1,
      read() {
        given += 1;
        this.push(new Uint8Array(1000).fill(65));
      },
    });
    expect(await readTextStream(endless, 10_000)).toMatchObject({ kind: 'skipped', reason: 'too-large' });
    expect(given).toBeLessThan(15);
  });
});
