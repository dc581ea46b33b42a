import { createHash } from 'node:crypto';
import type { Candidate, Suppressed, TextDocument } from '../analysis/candidate.js';
import { fingerprintContent } from '../analysis/fingerprint.js';
import type { Finding } from '../analysis/finding.js';
import { warnedAgainst } from '../analysis/kind/classify.js';
import type { Span } from '../analysis/span.js';
import type { MeasureResult } from '../analysis/measure/measureResult.js';
import { payloadKeys } from './exposures/payloadKeys.js';
import { type TextPart, TextPlaces } from './joinedText.js';

/** Where a text came from. */
export interface TextOrigin {
  readonly path: string;
  /** 1-based number of the record in a file of records. */
  readonly record?: number;
  readonly field?: string;
  /** The fields that the text was joined from. */
  readonly parts?: readonly TextPart[];
  /** Id that the record brought along. */
  readonly id?: string;
}

/** What is known of a finding before the model answers. It holds no reference to the document. */
export type FindingDraft = Omit<Finding, 'measures' | 'features' | 'level' | 'remedies' | 'notes' | 'pack'>;

/** A candidate, or a text whose field alone is named as bad: then there is no frame in the text. */
export type Found = Omit<Candidate, 'frame'> & { readonly frame: Span | null };

/** Frame and payload are quoted up to this many code units: a report is no copy of the corpus. */
const quoted = 2000;

/** Drafts the findings of one document, its candidates in order. */
export class FindingDrafts {
  private readonly places: TextPlaces;
  private readonly occurrences = new Map<string, number>();

  constructor(
    private readonly document: TextDocument,
    private readonly origin: TextOrigin,
  ) {
    this.places = new TextPlaces(document.text, origin.parts);
  }

  draft(candidate: Found): FindingDraft {
    const { frame, payload, rule, language, detection } = candidate;
    const { path, record, id } = this.origin;
    const fingerprint = this.fingerprint(candidate);
    const place = this.places.of(payload);
    const field = place.field ?? this.origin.field;
    return {
      type: 'finding',
      id: id ?? hashOf([path, record ?? '', field ?? '', fingerprint]),
      fingerprint,
      source: {
        path,
        ...(record === undefined ? {} : { record }),
        ...(field === undefined ? {} : { field }),
        line: place.line,
        column: place.column,
        end: place.until,
        ...this.framePlace(frame, field),
      },
      text: {
        frame: frame === null ? '' : quote(this.document.text, frame),
        payload: quote(this.document.text, payload),
      },
      frame: frame === null ? null : this.frame(frame, field),
      payload: { start: place.start, end: place.end },
      payloadKeys: payloadKeys(this.document.text.slice(payload.start, payload.end)),
      rule,
      language,
      ...warnedAgainst(this.document.text, frame, payload),
      detection,
      reasons: [...candidate.reasons],
    };
  }

  /** Where the frame stands, if that is the field of the payload: only then do the lines compare. */
  private framePlace(
    frame: Span | null,
    payloadField: string | undefined,
  ): Pick<FindingDraft['source'], 'frame'> {
    if (frame === null) return {};
    const { field, line, column, until } = this.places.of(frame);
    if (field !== undefined && field !== payloadField) return {};
    return { frame: { start: { line, column }, end: until } };
  }

  private frame(span: Span, payloadField: string | undefined): FindingDraft['frame'] {
    const { field, start, end } = this.places.of(span);
    return { start, end, ...(field === undefined || field === payloadField ? {} : { field }) };
  }

  /** From the content alone; occurrences of the same content in this text are told apart by their order. */
  private fingerprint(found: Found): string {
    const hash = hashOf(fingerprintContent(this.document.text, found));
    const occurrence = (this.occurrences.get(hash) ?? 0) + 1;
    this.occurrences.set(hash, occurrence);
    return occurrence === 1 ? hash : `${hash}-${occurrence}`;
  }
}

function hashOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** A finding that was left alone: nothing is known of what it teaches. */
export function suppressedFinding(draft: FindingDraft, suppressed: Suppressed, pack: string): Finding {
  return { ...draft, suppressed: { ...suppressed }, level: 'none', remedies: [], notes: [], pack };
}

/** A finding of a kind that was not asked for: measuring it would be for nothing. */
export function setAsideFinding(draft: FindingDraft, pack: string): Finding {
  return {
    ...draft,
    level: 'none',
    remedies: [],
    notes: [`set aside as ${draft.kind.name}, not measured`],
    pack,
  };
}

export function completeFinding(draft: FindingDraft, result: MeasureResult, pack: string): Finding {
  switch (result.kind) {
    case 'measured': {
      const { measures, features, level, remedies, notes } = result;
      return {
        ...draft,
        measures,
        ...(features ? { features: [...features] } : {}),
        level,
        remedies: [...remedies],
        notes: [...notes],
        pack,
      };
    }
    case 'failed':
      return { ...draft, level: 'none', remedies: [], notes: [`not scored: ${result.reason}`], pack };
  }
}

/** Never half a surrogate pair. */
function quote(text: string, { start, end }: Span): string {
  if (end - start <= quoted) return text.slice(start, end);
  const last = text.charCodeAt(start + quoted - 1);
  return text.slice(start, start + quoted - (last >= 0xd800 && last <= 0xdbff ? 1 : 0));
}
