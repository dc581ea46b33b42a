import type { TextDocument } from '../analysis/candidate.js';
import { readRecordSuppression } from '../analysis/suppressions.js';
import type { SuppressionRequest } from '../analysis/suppressionSyntax.js';
import type { TextOrigin } from './findingDraft.js';
import { recordContent, type RecordText } from './recordContent.js';
import type { SkipReason } from './scanLine.js';
import type { RecordInput } from './unitInput.js';

/** A text's origin, with what its record says of findings in it. */
export type Source = TextOrigin & { readonly suppression?: SuppressionRequest | undefined };

/** What a record holds to look through, or why nothing. */
export type RecordRead =
  | { readonly kind: 'blank' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly detail: string }
  | {
      readonly kind: 'texts';
      readonly texts: readonly {
        readonly document: TextDocument;
        readonly source: Source;
        readonly text: RecordText;
      }[];
      readonly notes: readonly string[];
    };

export interface RecordOptions {
  readonly path: string;
  readonly maxBytes: number;
  readonly textField: string | undefined;
}

export function readRecord(input: RecordInput, { path, maxBytes, textField }: RecordOptions): RecordRead {
  if (input.kind === 'too-long')
    return { kind: 'skipped', reason: 'too-large', detail: `${input.bytes} bytes, the limit is ${maxBytes}` };
  const notes: string[] = [];
  let value: unknown;
  if (input.kind === 'row') value = input.value;
  else if (input.text.trim() === '') return { kind: 'blank' };
  else {
    if (input.replaced) notes.push('bytes that are not UTF-8 were replaced by U+FFFD');
    try {
      value = JSON.parse(input.text);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { kind: 'skipped', reason: 'malformed-json', detail };
    }
  }
  const content = recordContent(value, textField);
  if (content.texts.length === 0)
    return { kind: 'skipped', reason: 'no-text', detail: 'no text field; --text-field names one' };
  const suppression = readRecordSuppression(value);
  notes.push(...(suppression?.problems ?? []));
  const texts = content.texts.map((text) => ({
    text,
    document: {
      text: text.text,
      ...(content.path === undefined ? {} : { path: content.path }),
      ...(content.languageId === undefined ? {} : { languageId: content.languageId }),
    },
    source: {
      path,
      record: input.number,
      suppression: suppression?.request,
      ...(text.field === '' ? {} : { field: text.field }),
      ...(text.parts === undefined ? {} : { parts: text.parts }),
      ...(content.id === undefined ? {} : { id: content.id }),
    },
  }));
  return { kind: 'texts', texts, notes: notes.map((note) => `line ${input.number}: ${note}`) };
}
