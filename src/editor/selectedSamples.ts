import type { Candidate, TextDocument } from '../analysis/candidate.js';
import { warnedAgainst } from '../analysis/kind/classify.js';
import type { WarnedAgainst } from '../analysis/kind/kind.js';
import { sampleOf, type SampleWindow } from '../analysis/sampleWindow.js';
import type { Span } from '../analysis/span.js';
import type { Origin } from './editorFinding.js';
import type { TimeSlice } from './timeSlice.js';

/** From this probability on a candidate is a finding; the command line's default too. */
const leastDetection = 0.5;
/** A person's selection is rarely exact: this share of frame and of payload must be inside it. */
const leastInside = 0.5;

/** A sample to measure, with its place in the document. */
export interface ChosenSample {
  readonly origin: Origin;
  readonly frame?: Span;
  readonly payload: Span;
  readonly about: WarnedAgainst;
  readonly reasons: readonly string[];
  readonly window: SampleWindow;
}

/**
 * Everything in the document that is likely enough to be a warning-framed demonstration. In slices: a file can hold
 * thousands, and what each is about takes its time.
 */
export async function samplesOfDocument(
  document: TextDocument,
  candidates: readonly Candidate[],
  slice: TimeSlice,
): Promise<ChosenSample[]> {
  const chosen: ChosenSample[] = [];
  for (const candidate of candidates) {
    if (!isLikely(candidate) || !isOpen(candidate)) continue;
    await slice.pause();
    chosen.push(chosenSample(document, candidate));
  }
  return chosen;
}

/**
 * The frames and payloads that the selection holds; with a mere caret, those around it; otherwise the selected text as a
 * payload without a frame. Empty where nothing but white space is selected, or only what is suppressed.
 */
export function samplesOfSelection(
  document: TextDocument,
  candidates: readonly Candidate[],
  selection: Span,
): ChosenSample[] {
  const likely = candidates.filter(isLikely);
  if (selection.start === selection.end) {
    const around = likely.filter(({ frame, payload }) => {
      const [start, end] = [Math.min(frame.start, payload.start), Math.max(frame.end, payload.end)];
      return start <= selection.start && selection.start <= end;
    });
    return around.filter(isOpen).map((candidate) => chosenSample(document, candidate));
  }
  const held = likely.filter(
    ({ frame, payload }) =>
      shareInside(frame, selection) >= leastInside && shareInside(payload, selection) >= leastInside,
  );
  if (held.length > 0) return held.filter(isOpen).map((candidate) => chosenSample(document, candidate));
  const text = document.text.slice(selection.start, selection.end);
  if (text.trim() === '') return [];
  return [
    {
      origin: { kind: 'selection' },
      payload: selection,
      about: warnedAgainst(document.text, null, selection),
      reasons: ['selected; no frame was found in the selection, so all of it is the payload'],
      window: { start: selection.start, sample: { text, language: document.languageId ?? '' } },
    },
  ];
}

function chosenSample(document: TextDocument, candidate: Candidate): ChosenSample {
  const { frame, payload, reasons, rule } = candidate;
  return {
    origin: { kind: 'rule', rule },
    frame,
    payload,
    about: warnedAgainst(document.text, frame, payload),
    reasons,
    window: sampleOf(document, candidate),
  };
}

function isLikely({ detection }: Candidate): boolean {
  return detection >= leastDetection;
}

function isOpen({ suppressed }: Candidate): boolean {
  return suppressed === undefined;
}

function shareInside(span: Span, outer: Span): number {
  const inside = Math.min(span.end, outer.end) - Math.max(span.start, outer.start);
  return Math.max(0, inside) / Math.max(1, span.end - span.start);
}
