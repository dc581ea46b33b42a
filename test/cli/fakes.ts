import { createHash } from 'node:crypto';
import type { Candidate, TextDocument } from '../../src/analysis/candidate.js';
import type { MeasureResult } from '../../src/analysis/measure/measureResult.js';
import type { Sample } from '../../src/analysis/sample.js';
import { findUnderSuppressions } from '../../src/analysis/suppressions.js';
import type { Detector } from '../../src/corpus/scanTask.js';
import type { Engine, EngineInfo, MeasureOptions } from '../../src/engine/engine.js';

/**
 * Finds `BAD: …` lines, each a frame for the line below it: detection itself is tested elsewhere. Suppressions are the
 * real ones.
 */
export const lineDetector: Detector = {
  mayHoldFrame: (text) => text.includes('BAD'),
  findCandidates: ({ text }: TextDocument): Promise<readonly Candidate[]> => {
    if (text.includes('UNPARSABLE')) return Promise.reject(new Error('the parser gave up'));
    const marked = findUnderSuppressions(text, (clean) => lineDetector.findCandidates({ text: clean }));
    if (marked !== undefined) return marked;
    const found = [...text.matchAll(/(BAD:[^\n]*)\n([^\n]+)/g)].map((match): Candidate => {
      const [, frame = '', payload = ''] = match;
      const payloadStart = match.index + frame.length + 1;
      return {
        frame: { start: match.index, end: match.index + frame.length },
        payload: { start: payloadStart, end: payloadStart + payload.length },
        language: '',
        rule: 'label-before-code',
        detection: frame.includes('maybe') ? 0.3 : 0.9,
        reasons: ['the line above says BAD'],
      };
    });
    return Promise.resolve(found);
  },
};

export interface FakeEngineOptions {
  /** Milliseconds for each call. */
  readonly delay?: number;
  /** There is no engine to be had. */
  readonly broken?: Error;
  /** The engine is there, but no call ends well. */
  readonly failing?: Error;
  /** Told `measuring` and `aborted`, for tests that must come in between. */
  readonly onEvent?: (event: string) => void;
}

/**
 * Stands in for the model where a test is about order, cancelling and bookkeeping. The payload's first word sets the
 * level (`high`, `medium`, `low`), `unscorable` fails; everything else is measured as `none`.
 */
export class FakeEngine implements Engine {
  readonly calls: (readonly Sample[])[] = [];
  disposed = false;

  constructor(private readonly options: FakeEngineOptions = {}) {}

  info(): Promise<EngineInfo> {
    if (this.options.broken !== undefined) return Promise.reject(this.options.broken);
    return Promise.resolve({
      pack: 'fake@1',
      model: 'fake',
      readyMs: 0,
      processId: process.pid,
      runtime: 'native',
    });
  }

  findCandidates(document: TextDocument): Promise<Candidate[]> {
    return lineDetector.findCandidates(document) as Promise<Candidate[]>;
  }

  async measure(samples: readonly Sample[], { signal }: MeasureOptions = {}): Promise<MeasureResult[]> {
    this.calls.push(samples);
    const { failing, delay = 0, onEvent } = this.options;
    onEvent?.('measuring');
    if (failing !== undefined) throw failing;
    const aborted = (): void => onEvent?.('aborted');
    signal?.addEventListener('abort', aborted, { once: true });
    await new Promise((resolve) => setTimeout(resolve, delay));
    signal?.removeEventListener('abort', aborted);
    signal?.throwIfAborted();
    return samples.map(measured);
  }

  dispose(): Promise<void> {
    this.disposed = true;
    return Promise.resolve();
  }
}

function measured({ text, frame, payload = { start: 0, end: text.length } }: Sample): MeasureResult {
  const shown = text.slice(payload.start, payload.end);
  if (shown.startsWith('unscorable')) return { kind: 'failed', reason: 'unscorable by request' };
  const level = (['high', 'medium', 'low'] as const).find((each) => shown.startsWith(each)) ?? 'none';
  const value = (createHash('sha256').update(shown).digest()[0] ?? 0) / 255;
  return {
    kind: 'measured',
    level,
    measures: {
      calibrated: false,
      payloadTokens: shown.length,
      spanNll: 1 + value,
      taught: { value, low: value - 0.1, high: value + 0.1 },
      ...(frame === undefined
        ? {}
        : { frameEffect: -value, teachRatio: { value, low: value - 0.1, high: value + 0.1 } }),
    },
    remedies: [],
    notes: [],
    tokens: [{ start: 0, end: 1, taught: value, nll: 1 }],
  };
}
