import type { Estimate, Finding, Measures } from '../analysis/finding.js';
import { type RuleCode, rules } from '../analysis/frames/rules.js';
import { visibleText } from '../analysis/visibleText.js';
import type { ExplainAnswer, PlacedFinding } from './agentSchemas.js';

/** Code units of a name that are shown: names of fields are text of the corpus, too. */
const longestName = 200;

/**
 * A finding without a word of the file: what its frame shows must not reach the model that asks, nor can its text tell
 * that model anything. So the reasons, which quote the frame, are left to people, and the rule speaks for them.
 * Undefined where the model could not measure it.
 */
export function placedFinding(finding: Finding, pathName: string): PlacedFinding | undefined {
  const { source, measures, cwe, rule } = finding;
  if (measures === undefined) return undefined;
  return {
    fingerprint: finding.fingerprint,
    path: pathName,
    ...(source.record === undefined ? {} : { record: source.record }),
    ...(source.field === undefined ? {} : { field: visibleText(source.field).slice(0, longestName) }),
    line: source.line,
    column: source.column,
    level: finding.level,
    kind: finding.kind,
    ...(cwe === undefined ? {} : { cwe: cwe.id }),
    rule,
    title: ruleText(rule).title,
    detection: finding.detection,
    measures,
    remedies: finding.remedies,
    notes: finding.notes,
  };
}

export function explained(placed: PlacedFinding, finding: Finding): ExplainAnswer['findings'][number] {
  const { frame, payload } = finding;
  return {
    ...placed,
    why: [ruleText(placed.rule).description, ...measureSentences(placed.measures)],
    frame: frame === null ? null : { start: frame.start, end: frame.end },
    payload,
  };
}

function ruleText(code: string): { readonly title: string; readonly description: string } {
  return rules[code as RuleCode];
}

function measureSentences(measures: Measures): string[] {
  const { taught, taughtBare, taughtFrameOnly, teachRatio, spanNll, bareSpanNll, frameEffect } = measures;
  const sentences = [
    taught &&
      `One exposure is predicted to teach ${interval(taught)} nats per payload token` +
        (taughtBare ? `, ${interval(taughtBare)} without the frame.` : '.'),
    teachRatio &&
      `Teach ratio ${interval(teachRatio)}: 1 means that the warning is worthless, 0 that it prevents the lesson.`,
    taughtFrameOnly && `Without the payload, ${interval(taughtFrameOnly)} nats per token would be left.`,
    frameEffect !== undefined &&
      `Frame effect ${frameEffect.toFixed(2)} nats per token: ` +
        (frameEffect > 0 ? 'the frame makes the payload expected.' : 'the frame deters.'),
    spanNll !== undefined &&
      `Span NLL ${spanNll.toFixed(2)} nats per token` +
        (bareSpanNll === undefined ? '.' : `, ${bareSpanNll.toFixed(2)} without the frame.`),
    measures.calibrated ? undefined : 'The measures are not calibrated against training yet.',
  ];
  return sentences.filter((each): each is string => typeof each === 'string');
}

function interval({ value, low, high }: Estimate): string {
  return `${value.toFixed(2)} (90 % interval ${low.toFixed(2)} to ${high.toFixed(2)})`;
}
