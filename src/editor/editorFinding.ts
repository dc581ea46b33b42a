import { l10n } from 'vscode';
import type { Estimate } from '../analysis/finding.js';
import { isAtLeast, levels, type Level } from '../analysis/levelNames.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import { type RuleCode, rules } from '../analysis/frames/rules.js';
import type { WarnedAgainst } from '../analysis/kind/kind.js';
import type { KindName } from '../analysis/kind/kindNames.js';
import { isAskedFor, levelWithin } from '../analysis/levels.js';
import type { SampleWindow } from '../analysis/sampleWindow.js';
import type { Span } from '../analysis/span.js';
import type { Suppressible } from '../analysis/suppressions.js';

/** Why a sample was measured: a rule linked frame and payload, or a person selected the text. */
export type Origin = { readonly kind: 'rule'; readonly rule: RuleCode } | { readonly kind: 'selection' };

/** A measured sample in a document or a file. */
export interface EditorFinding {
  /** Unique in this window, for as long as it lives. */
  readonly id: string;
  readonly origin: Origin;
  /** Spans index the document as it is now: they move with edits elsewhere. */
  readonly frame?: Span;
  readonly payload: Span;
  /** 0-based line of the payload when it was measured, or when its document was closed. */
  readonly line: number;
  readonly about: WarnedAgainst;
  readonly reasons: readonly string[];
  /** What was measured; its `start` belongs to the document as it was then. */
  readonly window: SampleWindow;
  readonly result: MeasureResult;
  /** Whether the pack that comes with the extension measured it. */
  readonly byEmbeddedModel: boolean;
}

/** What measuring a sample anew changes. */
export type Remeasured = Pick<EditorFinding, 'result' | 'byEmbeddedModel'>;

/** By its measures alone, as the panel explains it. */
export function measuredLevelOf({ result }: EditorFinding): Level {
  return result.kind === 'measured' ? result.level : 'none';
}

/** The level that counts, given the kinds that the settings ask for. */
export function levelOfFinding(finding: EditorFinding, kinds: readonly KindName[]): Level {
  return levelWithin(measuredLevelOf(finding), finding.about.kind, kinds);
}

/** What the settings let through to marks and problems. */
export function isShown(finding: EditorFinding, minimum: Level, kinds: readonly KindName[]): boolean {
  return isAskedFor(finding.about.kind, kinds) && isAtLeast(levelOfFinding(finding, kinds), minimum);
}

/** By level, security first, then by what is taught, then by place. */
export function worstFirst(kinds: readonly KindName[]): (a: EditorFinding, b: EditorFinding) => number {
  return (a, b) => {
    const rank = (finding: EditorFinding) => levels.indexOf(levelOfFinding(finding, kinds));
    const byLevel = rank(a) - rank(b);
    const bySecurity = Number(isSecurity(b)) - Number(isSecurity(a));
    return byLevel || bySecurity || taughtOf(b) - taughtOf(a) || a.payload.start - b.payload.start;
  };
}

function isSecurity({ about }: EditorFinding): boolean {
  return about.kind.name === 'security';
}

function taughtOf({ result }: EditorFinding): number {
  return (result.kind === 'measured' ? result.measures.taught?.value : undefined) ?? 0;
}

/** Stable: it stands in diagnostics and suppressions. */
export function codeOf({ origin }: EditorFinding): RuleCode | 'selection' {
  return origin.kind === 'rule' ? origin.rule : 'selection';
}

/** The finding as suppressions see it. */
export function suppressibleOf({ frame, payload, origin }: EditorFinding): Suppressible {
  return { frame, payload, rule: origin.kind === 'rule' ? origin.rule : undefined };
}

export function titleOf({ origin }: EditorFinding): string {
  return l10n.t(origin.kind === 'rule' ? rules[origin.rule].title : 'Selected text');
}

/** `security, CWE-89`; it quotes nothing of the text. */
export function subjectOf({ about: { kind, cwe } }: EditorFinding): string {
  const name = l10n.t(kind.name);
  return cwe === undefined ? name : `${name}, ${cwe.id}`;
}

/** One sentence with the measure that matters most; it quotes nothing of the text. */
export function sentenceOf({ result }: EditorFinding): string {
  if (result.kind === 'failed') return l10n.t('Not measured: {0}', result.reason);
  const { taught, teachRatio } = result.measures;
  const lesson = {
    high: l10n.t('Training on this sample is likely to teach the payload'),
    medium: l10n.t('Training on this sample may teach the payload'),
    low: l10n.t('Training on this sample teaches little of the payload'),
    none: l10n.t('Training on this sample hardly teaches the payload'),
  }[result.level];
  const figures = [
    ...(taught ? [l10n.t('taught {0} nats per token', estimateText(taught))] : []),
    ...(teachRatio ? [l10n.t('teach ratio {0}', estimateText(teachRatio))] : []),
  ];
  return `${lesson}${figures.length > 0 ? `: ${figures.join(', ')}` : ''}.`;
}

/** `0.93 (0.88 to 1.02)`: the value with its 90 % interval. */
export function estimateText({ value, low, high }: Estimate): string {
  return l10n.t('{0} ({1} to {2})', value.toFixed(2), low.toFixed(2), high.toFixed(2));
}

/** `teach ratio 0.93`; empty where there is none. */
export function ratioText({ result }: EditorFinding): string {
  const ratio = result.kind === 'measured' ? result.measures.teachRatio : undefined;
  return ratio ? l10n.t('teach ratio {0}', ratio.value.toFixed(2)) : '';
}
