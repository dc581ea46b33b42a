import type { Span } from './span.js';

/**
 * One frame with its payload and nearby context, as it would be trained on. Spans index `text`.
 * Without a frame there is no bare version, and so no frame effect and no teach ratio.
 */
export interface Sample {
  readonly text: string;
  readonly frame?: Span;
  /** Absent: the whole text is the payload. */
  readonly payload?: Span;
  /** Language of the neutral context's fence; `''` for none. */
  readonly language: string;
}

/** Equal for samples with the same text, frame and payload. */
export function sampleKey({ text, frame, payload }: Pick<Sample, 'text' | 'frame' | 'payload'>): string {
  return JSON.stringify([text, frame, payload]);
}
