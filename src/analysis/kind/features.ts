import { kindNames, type KindName } from './kindNames.js';
import { flat, type KindTexts, lowerAscii } from './texts.js';

/** An expression of the lexicon: which text it looks at, and the kind that it mostly speaks for. */
export interface LexiconEntry {
  readonly kind: KindName;
  readonly looksAtProse: boolean;
  readonly looksAtPayload: boolean;
  readonly pattern: RegExp;
}

/** `dense`: the lexicon, how many of its entries were met by kind, structure. `words`: hash bucket → value. */
export interface KindFeatures {
  readonly dense: readonly number[];
  readonly words: ReadonlyMap<number, number>;
}

/** A word that stands only in the context counts less than one in the frame. */
const contextShare = 0.6;
/** From this many entries of one kind on, more of them say nothing new. */
const mostEntries = 4;

/** As in `lab/backfire_lab/kind/features.py`, number by number; the golden values hold both to it. */
export function kindFeatures(
  texts: KindTexts,
  lexicon: readonly LexiconEntry[],
  buckets: number,
): KindFeatures {
  return { dense: [...lexiconFeatures(texts, lexicon), ...structure(texts)], words: words(texts, buckets) };
}

function lexiconFeatures(texts: KindTexts, lexicon: readonly LexiconEntry[]): number[] {
  const [frame, context, payload] = [flat(texts.frame), flat(texts.context), flat(texts.payload)];
  const dense: number[] = [];
  const met = new Map(kindNames.map((kind) => [kind, { prose: 0, payload: 0 }]));
  for (const { kind, looksAtProse, looksAtPayload, pattern } of lexicon) {
    const counts = met.get(kind)!;
    if (looksAtProse) {
      const value = pattern.test(frame) ? 1 : pattern.test(context) ? contextShare : 0;
      counts.prose += value;
      dense.push(value);
    }
    if (looksAtPayload) {
      const value = pattern.test(payload) ? 1 : 0;
      counts.payload += value;
      dense.push(value);
    }
  }
  for (const { prose, payload: shown } of met.values()) {
    for (const count of [prose, shown]) dense.push((Math.min(count, mostEntries) / mostEntries) * 2);
  }
  return dense;
}

function structure({ frame, payload }: KindTexts): number[] {
  const letters = payload.match(/[A-Za-z ]/g)?.length ?? 0;
  const lineBreaks = payload.match(/\n/g)?.length ?? 0;
  const share = payload === '' ? 0 : letters / payload.length;
  return [
    frame === '' ? 1 : 0,
    Math.log1p(frame.length) / 7,
    Math.log1p(lineBreaks) / 5,
    share,
    share > 0.9 ? 1 : 0,
  ];
}

/** Words and word pairs of the prose, identifiers and their parts of the payload: two vectors of length 1, added. */
function words(texts: KindTexts, buckets: number): Map<number, number> {
  const prose = new Map<number, number>();
  for (const token of proseTokens(texts.context)) prose.set(fnv1a(token) % buckets, contextShare);
  for (const token of proseTokens(texts.frame)) prose.set(fnv1a(token) % buckets, 1);
  const payload = new Map<number, number>();
  for (const token of payloadTokens(texts.payload)) payload.set(fnv1a(token) % buckets, 1);

  const sum = new Map<number, number>();
  for (const group of [prose, payload]) {
    const norm = Math.sqrt([...group.values()].reduce((total, value) => total + value * value, 0));
    for (const [bucket, value] of group) sum.set(bucket, (sum.get(bucket) ?? 0) + value / norm);
  }
  return sum;
}

function* proseTokens(text: string): Generator<string> {
  let previous: string | undefined;
  for (const identifier of identifiers(text)) {
    const word = lowerAscii(identifier);
    yield `w:${word}`;
    if (previous !== undefined) yield `w:${previous} ${word}`;
    previous = word;
  }
}

function* payloadTokens(text: string): Generator<string> {
  for (const identifier of identifiers(text)) {
    yield `p:${lowerAscii(identifier)}`;
    const parts = identifier.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+/g) ?? [];
    if (parts.length > 1) for (const part of parts) yield `p:${lowerAscii(part)}`;
  }
}

function identifiers(text: string): readonly string[] {
  return text.match(/[A-Za-z][A-Za-z0-9]*/g) ?? [];
}

/** 32-bit FNV-1a of ASCII text: http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(token: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < token.length; index++) {
    hash = Math.imul(hash ^ token.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
