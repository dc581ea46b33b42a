import type { Measures } from './finding.js';

/** A remedy is offered when it leaves at most this share of the lesson, by the same measure that found it. */
const mostLeft = 0.25;

/** How the text of this remedy begins. */
export const deletePayload = 'delete the payload, keep the explanation';

/** Whether a remedy is the edit that deletes the payload. */
export function isDeletion(remedy: string): boolean {
  return remedy.startsWith(`${deletePayload}:`);
}

/**
 * Remedies that the model's own measure supports, best published evidence first, each with what it would leave of the lesson.
 * `taughtMasked`: what the tokens outside the payload contribute, nats per payload token.
 */
export function remediesOf(measures: Measures, taughtMasked: number): string[] {
  const taught = measures.taught?.value;
  if (taught === undefined || taught <= 0) return [];
  const offers: [string, number | undefined][] = [
    ['mask the payload from the loss', taughtMasked],
    [deletePayload, measures.taughtFrameOnly?.value],
  ];
  return offers.flatMap(([remedy, left]) =>
    left !== undefined && left <= mostLeft * taught
      ? [`${remedy}: taught ${taught.toFixed(2)} → ${Math.max(0, left).toFixed(2)} nats per token`]
      : [],
  );
}
