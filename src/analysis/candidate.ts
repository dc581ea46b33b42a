import type { Span } from './span.js';
import type { RuleCode } from './frames/rules.js';

/** A text to look through. `path` and `languageId` steer the parser; without both the text is taken as Markdown. */
export interface TextDocument {
  readonly text: string;
  readonly path?: string;
  /** VS Code language id (`python`, `markdown`, …); wins over the path's extension. */
  readonly languageId?: string;
}

/** By what a person told us to leave a finding alone. */
export interface Suppressed {
  readonly kind: 'comment' | 'record' | 'baseline';
  readonly reason?: string;
}

/** A frame linked to its payload, found by text and structure alone: no model was asked yet. Spans index `TextDocument.text`. */
export interface Candidate {
  readonly frame: Span;
  readonly payload: Span;
  /** Language of the payload as a fence's info string would give it; `''` where unknown. */
  readonly language: string;
  readonly rule: RuleCode;
  /** Probability that this is a warning-framed demonstration, 0–1. */
  readonly detection: number;
  /** Why it was found, in words that a person can check against the text. */
  readonly reasons: readonly string[];
  /** A comment or a field of the record tells to leave it alone. */
  readonly suppressed?: Suppressed;
}
