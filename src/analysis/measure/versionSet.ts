import { sharedPrefix, type Version } from '../../model/layout.js';
import { type Encoding, tokenRange, withoutStart } from '../../model/tokenizer.js';
import type { Sample } from '../sample.js';
import { bareVersion, frameOnlyText, payloadOf } from './versions.js';

/** A text of a run: which version it is, its tokens, and which of them are payload. */
export interface RunText {
  readonly version: number;
  readonly encoding: Encoding;
  readonly payload: { readonly start: number; readonly end: number };
}

/** One sample's versions, sharing what they have in common with the sample. */
export interface VersionSet {
  readonly versions: readonly Version[];
  readonly sample: RunText;
  readonly bare?: RunText;
  readonly frameOnly?: RunText;
  /** The payload after the neutral context. */
  readonly query: RunText;
}

/** The fence that opens a code block of that language: what the payload is scored after, whoever trained on it. */
function neutralContext(language: string): string {
  return `\`\`\`${language}\n`;
}

/** Tokenises a sample's versions. Undefined where the payload has no token that could be scored. */
export function versionSet(sample: Sample, encode: (text: string) => Encoding): VersionSet | undefined {
  const versions: Version[] = [];
  const add = (encoding: Encoding, payload: { start: number; end: number }): RunText => {
    const tokens = versions[0] ? sharedPrefix(versions[0].ids, encoding.ids) : 0;
    versions.push(
      tokens > 0 ? { ids: encoding.ids, sharedWith: { version: 0, tokens } } : { ids: encoding.ids },
    );
    return { version: versions.length - 1, encoding, payload };
  };
  const whole = encode(sample.text);
  const payload = payloadOf(sample);
  const context = encode(neutralContext(sample.language));
  const asked = withoutStart(
    encode(sample.text.slice(payload.start, payload.end).replace(/^[\r\n]+|[\r\n]+$/g, '')),
  );
  if (whole.ids.length < 2 || asked.ids.length === 0) return undefined;

  const set = { versions, sample: add(whole, tokenRange(whole, payload)) };
  const bare = bareVersion(sample);
  const bareEncoding = bare && encode(bare.text);
  const frameOnly = frameOnlyText(sample);
  const frameOnlyEncoding = frameOnly === undefined ? undefined : encode(frameOnly);
  return {
    ...set,
    ...(bare && bareEncoding && bareEncoding.ids.length > 1
      ? { bare: add(bareEncoding, tokenRange(bareEncoding, bare.payload)) }
      : {}),
    ...(frameOnlyEncoding && frameOnlyEncoding.ids.length > 0
      ? { frameOnly: add(frameOnlyEncoding, { start: 0, end: 0 }) }
      : {}),
    query: add(joined(context, asked), {
      start: context.ids.length,
      end: context.ids.length + asked.ids.length,
    }),
  };
}

/** Context and payload are tokenised apart, as the ground truth does it; spans are not used. */
function joined(context: Encoding, payload: Encoding): Encoding {
  const ids = Int32Array.from([...context.ids, ...payload.ids]);
  return { ids, starts: new Int32Array(ids.length), ends: new Int32Array(ids.length) };
}

/** Distinct tokens of a set: what it costs. */
export function tokenCost({ versions }: VersionSet): number {
  return versions.reduce((sum, { ids, sharedWith }) => sum + ids.length - (sharedWith?.tokens ?? 0), 0);
}

/** The versions that something is trained on. */
export function trainedTexts({ sample, bare, frameOnly }: VersionSet): RunText[] {
  return [sample, bare, frameOnly].filter((text) => text !== undefined);
}
