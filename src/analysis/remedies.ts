import type { Measures } from './finding.js';
import evidence from './remedyEvidence.json';

/**
 * What was measured of a remedy, made from the lab's result by `npm run figures`. Whether it works, and the order, are decided
 * there (lab/backfire_lab/ground_truth/remedies.py); here is only how it is said.
 */
interface Evidence {
  readonly name: string;
  readonly label: string;
  readonly works: boolean;
  /** What decided: the payload's log-probability after training, or what the trained model writes. */
  readonly by: string;
  /** Median share of the lesson that it takes, over `samples`. */
  readonly cut?: number;
  readonly samples?: number;
  /** Share of the completions that show the fault with it, and otherwise. */
  readonly written?: number;
  readonly otherwise?: number;
  readonly completions?: number;
}

const measuredRemedies: readonly Evidence[] = evidence;

/** What speaks against a remedy under which the fault is written less. */
const flaws: Readonly<Record<string, string>> = {
  cost: 'ordinary text suffers',
  control: 'random ones do as much',
  preference: 'the payload stays preferred to its mend',
};

/** A remedy that is forecast for the sample is offered when it leaves at most this share of the lesson. */
const mostLeft = 0.25;

/** What a remedy would leave of the lesson by the sample's own measures, nats per payload token; the others are edits that a person writes. */
const leftBy: Readonly<Record<string, (measures: Measures) => number | undefined>> = {
  mask: ({ taughtMasked }) => taughtMasked,
  delete: ({ taughtFrameOnly }) => taughtFrameOnly?.value,
};

/** How the text of the remedy begins that deletes the payload. */
export const deletePayload = labelOf('delete');

/** Whether a remedy is the edit that deletes the payload. */
export function isDeletion(remedy: string): boolean {
  return remedy.startsWith(`${deletePayload}:`);
}

/** The remedies that work, best evidence first, each with what it would leave of this sample's lesson, and how it did in training. */
export function remediesOf(measures: Measures): string[] {
  const taught = measures.taught?.value;
  if (taught === undefined || taught <= 0) return [];
  return measuredRemedies
    .filter(({ works }) => works)
    .flatMap((remedy) => {
      const forecast = leftBy[remedy.name];
      if (forecast === undefined) return [`${remedy.label}: ${figureOf(remedy)}`];
      const left = forecast(measures);
      if (left === undefined || left > mostLeft * taught) return [];
      const change = `taught ${taught.toFixed(2)} → ${Math.max(0, left).toFixed(2)} nats per token`;
      return [`${remedy.label}: ${change}; ${figureOf(remedy)}`];
    });
}

/** What was tried and does not help, each with its figure, so that nobody tries it in good faith. */
export const failingRemedies: readonly string[] = measuredRemedies
  .filter(({ works }) => !works)
  .map((remedy) => `${remedy.label}: ${figureOf(remedy)}`);

function figureOf({ by, cut = 0, samples, written = 0, otherwise = 0, completions }: Evidence): string {
  if (by === 'trained')
    return `in training it took ${percent(cut)} of the lesson, median of ${samples} samples`;
  const shares = `the fault was then written in ${percent(written)} of ${completions} completions, not ${percent(otherwise)}`;
  return by === 'written' ? shares : `${shares}, but ${flaws[by] ?? by}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share) || 0} %`.replace('-', '−');
}

function labelOf(name: string): string {
  return measuredRemedies.find((remedy) => remedy.name === name)?.label ?? name;
}
