import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Engine, EngineError } from '../../src/engine/engine.js';
import { packCopy } from '../model/packFixture.js';
import { dangerous, isRunning, realEngine } from './engineFixture.js';

const started: Engine[] = [];
const engineOf = (options: Parameters<typeof realEngine>[0] = {}): Engine => {
  const engine = realEngine(options);
  started.push(engine);
  return engine;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((engine) => engine.dispose()));
});

const gone = async (processId: number): Promise<void> => {
  while (isRunning(processId)) await sleep(20);
};
const many = Array.from({ length: 24 }, () => dangerous);

describe('the engine process', () => {
  it('measures, and tells which pack it uses', async () => {
    const engine = engineOf();
    const { pack, processId } = await engine.info();
    expect(pack).toMatch(/^smollm2-135m-instruct@/);
    expect(processId).not.toBe(process.pid);
    const [result] = await engine.measure([dangerous]);
    expect(result).toMatchObject({ kind: 'measured', measures: { calibrated: true } });
  });

  it('finds candidates without the model', async () => {
    const candidates = await engineOf().findCandidates({ text: dangerous.text, path: 'a.py' });
    expect(candidates).toMatchObject([{ payload: dangerous.payload }]);
  });

  it('answers in order and tells of progress', async () => {
    const seen: number[] = [];
    const other = {
      text: 'Wrong: x = = 1',
      frame: { start: 0, end: 6 },
      payload: { start: 7, end: 14 },
      language: '',
    };
    const samples = [...many, other, ...many];
    const results = await engineOf().measure(samples, { onProgress: (done) => seen.push(done) });
    expect(results).toHaveLength(samples.length);
    expect(results[24]).not.toEqual(results[23]);
    expect(results[25]).toEqual(results[23]);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('stops a cancelled request between two runs, and works on', async () => {
    const engine = engineOf();
    const stop = new AbortController();
    const cancelled = engine.measure([...many, ...many], {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect(await engine.measure([dangerous])).toHaveLength(1);
  });

  it('lets the editor’s request go before a scan’s that came first', async () => {
    const engine = engineOf();
    await engine.info();
    const order: string[] = [];
    const scan = engine.measure([...many, ...many], { lane: 'scan' }).then(() => order.push('scan'));
    const editor = engine.measure([dangerous], { lane: 'editor' }).then(() => order.push('editor'));
    await Promise.all([scan, editor]);
    expect(order).toEqual(['editor', 'scan']);
  });

  it('refuses a wrong request by the field’s name and goes on', async () => {
    const engine = engineOf();
    const wrong = { ...dangerous, payload: { start: -1, end: 3 } };
    await expect(engine.measure([wrong])).rejects.toThrow(/payload/);
    expect(await engine.measure([dangerous])).toHaveLength(1);
  });
});

describe('an engine that ends', () => {
  it('comes back after SIGKILL in the middle of a request, which is sent again', async () => {
    const events: string[] = [];
    const engine = engineOf({ onEvent: (event) => events.push(event) });
    const { processId } = await engine.info();
    const results = engine.measure(many);
    await sleep(100);
    process.kill(processId, 'SIGKILL');
    expect((await results).map(({ kind }) => kind)).toEqual(many.map(() => 'measured'));
    expect(events.join()).toContain('SIGKILL');
    expect((await engine.info()).processId).not.toBe(processId);
  });

  it('says why after three tries when it can never start', async () => {
    const broken = join(packCopy(), 'engine.mjs');
    writeFileSync(broken, 'throw new Error("no native runtime here")');
    const failed = engineOf({ serverEntry: broken }).info();
    await expect(failed).rejects.toBeInstanceOf(EngineError);
    await expect(failed).rejects.toThrow(/3 times in a row.*no native runtime here/s);
  });

  it('ends by itself when idle, and starts again when asked', async () => {
    const engine = engineOf({ idleSeconds: 0.5 });
    const { processId } = await engine.info();
    await gone(processId);
    expect((await engine.info()).processId).not.toBe(processId);
  });

  it('ends with dispose, and refuses afterwards', async () => {
    const engine = engineOf();
    const { processId } = await engine.info();
    await engine.dispose();
    expect(isRunning(processId)).toBe(false);
    await expect(engine.measure([dangerous])).rejects.toThrow('The engine was stopped.');
  });

  it('fails a running request when it is disposed', async () => {
    const engine = engineOf();
    await engine.info();
    const running = engine.measure(many);
    const failed = expect(running).rejects.toThrow(EngineError);
    await engine.dispose();
    await failed;
  });

  it('names the altered file and both hashes of a damaged pack, and works once it is mended', async () => {
    const folder = packCopy();
    const path = join(folder, 'head.onnx');
    const content = readFileSync(path);
    const damaged = Buffer.from(content);
    damaged[damaged.length >> 1]! ^= 1;
    writeFileSync(path, damaged);
    const engine = engineOf({ packFolder: folder });
    const failed = engine.info();
    await expect(failed).rejects.toBeInstanceOf(EngineError);
    await expect(failed).rejects.toThrow(
      /head\.onnx was altered: its SHA-256 is [0-9a-f]{64}, pack\.json says [0-9a-f]{64}/,
    );
    writeFileSync(path, content);
    expect((await engine.info()).pack).toContain('smollm2');
    await engine.dispose();
    rmSync(folder, { recursive: true });
  });
});

describe.runIf(process.platform === 'linux')('memory', () => {
  it('stays under 1 GB from start to end of a mixed batch', async () => {
    const engine = engineOf();
    const long = {
      ...dangerous,
      text: dangerous.text.repeat(20),
      payload: { start: 36, end: dangerous.text.length * 20 },
    };
    await engine.measure([...many, long]);
    const { processId } = await engine.info();
    const peakKilobytes = Number(
      /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))?.[1],
    );
    expect(peakKilobytes * 1024).toBeLessThanOrEqual(1e9);
  });
});
