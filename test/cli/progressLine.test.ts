import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProgressLine } from '../../src/cli/progressLine.js';

function stream(isTTY: boolean) {
  const written: string[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  return { written, target: Object.assign(target, { isTTY, columns: 40 }) };
}

describe('ProgressLine', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('starts at once on a terminal, and rewrites one line', () => {
    const { target, written } = stream(true);
    const line = new ProgressLine(target, { isQuiet: false, first: 'loading' });
    expect(written).toEqual(['\r\u001b[2Kloading']);
    line.update('first');
    line.update('second');
    vi.advanceTimersByTime(100);
    expect(written.at(-1)).toBe('\r\u001b[2Ksecond');
    line.stop();
    expect(written.at(-1)).toBe('\r\u001b[2K');
    expect(written.join('')).not.toContain('\n');
  });

  it('fits the terminal and shows no control characters of a path', () => {
    const { target, written } = stream(true);
    new ProgressLine(target, { isQuiet: false, first: `\u001b]0;x\u0007${'long '.repeat(20)}` }).stop();
    expect(written[0]?.length).toBeLessThanOrEqual(40 + '\r\u001b[2K'.length);
    expect(written[0]?.slice('\r\u001b[2K'.length)).not.toContain('\u001b');
  });

  it('writes a plain line now and then elsewhere, and only news', () => {
    const { target, written } = stream(false);
    const line = new ProgressLine(target, { isQuiet: false, first: 'loading' });
    expect(written).toEqual([]);
    vi.advanceTimersByTime(25_000);
    expect(written).toEqual(['loading\n']);
    line.update('1 file');
    vi.advanceTimersByTime(10_000);
    expect(written).toEqual(['loading\n', '1 file\n']);
    line.stop();
  });

  it('is silent when asked to be', () => {
    const { target, written } = stream(true);
    const line = new ProgressLine(target, { isQuiet: true, first: 'loading' });
    line.update('more');
    vi.advanceTimersByTime(60_000);
    line.stop();
    expect(written).toEqual([]);
  });
});
