import { beforeAll, describe, expect, it } from 'vitest';
import type { MeasureResult } from '../../../src/analysis/measure/measureResult.js';
import { measureSamples } from '../../../src/analysis/measure/measures.js';
import type { Sample } from '../../../src/analysis/sample.js';
import { isStealthSlip } from '../../../src/analysis/measure/slip.js';
import { bareCut, bareVersion } from '../../../src/analysis/measure/versions.js';
import { intoWindows, mostWindows, windowPayloadTokens } from '../../../src/analysis/measure/windows.js';
import type { LanguageModel } from '../../../src/model/languageModel.js';
import { embeddedModel } from '../../model/packFixture.js';

const context = 'import sqlite3\n\n';
const frame = '# BAD: open to SQL injection, never build a query like this\n';
const payload =
  'cursor.execute("SELECT * FROM users WHERE name = \'" + name + "\'")\nprint(cursor.fetchone())\n';

/** A sample of pieces: strings are context, `f:` and `p:` mark frame and payload. */
function sampleOf(...pieces: string[]): Sample {
  let text = '';
  const spans: { frame?: Sample['frame']; payload?: Sample['payload'] } = {};
  for (const piece of pieces) {
    const body = piece.replace(/^[fp]:/, '');
    const span = { start: text.length, end: text.length + body.length };
    if (piece.startsWith('f:')) spans.frame = span;
    if (piece.startsWith('p:')) spans.payload = span;
    text += body;
  }
  return { text, language: 'python', ...(spans as { frame: { start: number; end: number } }) };
}

describe('measures of a sample', () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await embeddedModel();
  });
  const measure = async (...samples: Sample[]): Promise<MeasureResult[]> => measureSamples(model, samples);
  const measured = async (sample: Sample) => {
    const [result] = await measure(sample);
    if (result?.kind !== 'measured') throw new Error(JSON.stringify(result));
    return result;
  };

  it('has every measure where there is a frame, and says that it is calibrated', async () => {
    const { measures } = await measured(sampleOf(context, `f:${frame}`, `p:${payload}`, 'print("done")\n'));
    expect(Object.keys(measures).sort()).toEqual(
      [
        'bareSpanNll',
        'calibrated',
        'entanglement',
        'frameEffect',
        'neutralNll',
        'payloadTokens',
        'probe',
        'spanNll',
        'stealthSlip',
        'taught',
        'taughtBare',
        'taughtFrameOnly',
        'taughtMasked',
        'teachRatio',
      ].sort(),
    );
    expect(measures.calibrated).toBe(true);
    expect(measures.stealthSlip).toBe(
      isStealthSlip(measures.probe!, measures.entanglement!, model.pack.manifest.probe!),
    );
    expect(measures.frameEffect).toBeCloseTo(measures.bareSpanNll! - measures.spanNll!, 4);
  });

  it('finds a short warning worthless: the payload is taught, and the ratio is near 1', async () => {
    const { measures } = await measured(sampleOf(context, `f:${frame}`, `p:${payload}`));
    expect(measures.taught!.value).toBeGreaterThan(0.3);
    expect(measures.teachRatio!.value).toBeGreaterThan(0.7);
    expect(measures.teachRatio!.low).toBeLessThanOrEqual(measures.teachRatio!.value);
  });

  it('finds that the warning alone teaches next to nothing', async () => {
    const { measures } = await measured(sampleOf(context, `f:${frame}`, `p:${payload}`));
    expect(measures.taughtFrameOnly!.value).toBeLessThan(0.1 * measures.taught!.value);
  });

  it('finds less taught where the payload is known already', async () => {
    const first = await measured(sampleOf(`f:${frame}`, `p:${payload}`));
    const known = await measured(sampleOf(payload, payload, `f:${frame}`, `p:${payload}`));
    expect(known.measures.spanNll!).toBeLessThan(first.measures.spanNll! / 2);
  });

  it('gives a sample the same measures alone and in a run with others of other lengths', async () => {
    const samples = [
      sampleOf(context, `f:${frame}`, `p:${payload}`),
      sampleOf('f:Wrong: ', 'p:x = x + 1'),
      sampleOf(context, context, context, `f:${frame}`, 'while True:\n', `p:${payload}`, payload),
    ];
    const together = await measure(...samples);
    for (const [index, sample] of samples.entries()) {
      const alone = await measured(sample);
      const other = together[index]!;
      if (other.kind !== 'measured') throw new Error(other.reason);
      for (const name of ['taught', 'taughtBare', 'teachRatio'] as const) {
        expect(other.measures[name]!.value).toBeCloseTo(alone.measures[name]!.value, 3);
      }
      expect(other.measures.spanNll).toBeCloseTo(alone.measures.spanNll!, 3);
    }
  });

  it('splits what is taught among the tokens, most of it to the payload’s', async () => {
    const sample = sampleOf(context, `f:${frame}`, `p:${payload}`);
    const { measures, tokens } = await measured(sample);
    const sum = (inside: boolean) =>
      tokens!
        .filter(({ end }) => end > sample.payload!.start === inside)
        .reduce((total, { taught }) => total + taught, 0);
    expect(sum(true) + sum(false)).toBeCloseTo(measures.taught!.value, 3);
    expect(sum(true)).toBeGreaterThan(10 * Math.abs(sum(false)));
  });

  it('tells how surprising each token is, in the sample and in its bare version', async () => {
    const sample = sampleOf(context, `f:${frame}`, `p:${payload}`);
    const { measures, tokens, bareTokens } = await measured(sample);
    const { start, end } = sample.payload!;
    for (const [all, spanNll, taught] of [
      [tokens!, measures.spanNll, measures.taught],
      [bareTokens!, measures.bareSpanNll, measures.taughtBare],
    ] as const) {
      const own = all.filter((token) => token.start >= start && token.end <= end);
      expect(own.reduce((sum, { nll }) => sum + nll, 0) / own.length).toBeCloseTo(spanNll!, 3);
      expect(all.reduce((sum, token) => sum + token.taught, 0)).toBeCloseTo(taught!.value, 3);
    }
    // Nothing of the frame is left in the bare version, and all the rest is.
    const bare = bareVersion(sample)!.text;
    const cut = bareCut(sample)!;
    expect(bareTokens!.filter((token) => token.start < cut.end && token.end > cut.start)).toEqual([]);
    const texts = bareTokens!.map((token) => sample.text.slice(token.start, token.end));
    expect(bare.endsWith(texts.join(''))).toBe(true);
  });

  it('measures a text without a frame, but no frame effect and no ratio', async () => {
    const { measures } = await measured({ text: payload, language: 'python' });
    expect(measures.taught).toBeDefined();
    expect([measures.frameEffect, measures.teachRatio, measures.taughtBare]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('measures a payload that ends with the text, and one that stands before its frame', async () => {
    const after = await measured(sampleOf(`p:${payload.trimEnd()}`, 'f:  # BAD: injection'));
    expect(after.measures.frameEffect).toBeCloseTo(0, 3);
  });

  it('scores a payload longer than the window in windows, and says so', async () => {
    const lines = Array.from(
      { length: 30 },
      (_, i) => `cursor.execute("DELETE FROM t${i} WHERE id = " + ids[${i}])\n`,
    );
    const { measures, notes, tokens } = await measured(sampleOf(`f:${frame}`, `p:${lines.join('')}`));
    expect(measures.payloadTokens).toBeGreaterThan(2 * windowPayloadTokens);
    expect(notes.join()).toMatch(/longer than the model's window of 512 tokens: measured in \d+ windows/);
    const last = tokens!.at(-1)!;
    expect(last.end).toBe(frame.length + lines.join('').length);
  }, 600_000);

  it('takes the first part of an endless payload, and says how much was left out', () => {
    const endless = 'password = input() + str(eval(input()))\n'.repeat(200);
    const { windows, notes } = intoWindows(sampleOf(`f:${frame}`, `p:${endless}`), (text) =>
      model.tokenizer.encode(text),
    );
    expect(windows).toHaveLength(mostWindows);
    expect(notes.join()).toMatch(/truncated: the first 2048 of \d+ payload tokens were measured/);
  });

  it('fails a sample without a token to score, and goes on with the rest', async () => {
    const results = await measure({ text: '', language: '' }, sampleOf(`f:${frame}`, `p:${payload}`));
    expect(results.map(({ kind }) => kind)).toEqual(['failed', 'measured']);
  });

  it('lets the caller stop between two runs', async () => {
    const many = Array.from({ length: 30 }, () => sampleOf(context, `f:${frame}`, `p:${payload}`));
    let runs = 0;
    const stop = measureSamples(model, many, () => {
      if (++runs === 2) throw new Error('stopped');
    });
    await expect(stop).rejects.toThrow('stopped');
  });
});
