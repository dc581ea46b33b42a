import { cuesIn, weighAfterthought, weighProse } from './proseCues.js';

/** What stands around a block of code that nothing outright judges. Texts are as written, `''` where there is none. */
export interface ProseContext {
  /** Paragraph right before the code, and the one before that. */
  readonly lead: string;
  readonly earlier: string;
  readonly heading: string;
  /** Paragraph right after the code. */
  readonly next: string;
  readonly code: string;
  readonly language: string;
  /** The text after the code says what to write instead of it. */
  readonly superseded: boolean;
  readonly inDanger: boolean;
  readonly inComment: boolean;
  /** Blocks of code since the heading. */
  readonly codeBefore: number;
}

/** Features are named by strings and hashed to so many places; what collides shares a weight. */
export const featureBits = 14;

/** Longer texts are cut: the verdict stands near the code. */
const longestLead = 700;
const longestNext = 200;

/** A sparse vector: parallel places and values, places in ascending order, each once. */
export interface SparseVector {
  readonly places: readonly number[];
  readonly values: readonly number[];
}

/** Features of the trained stage: cues of the rules, structure, and hashed words and pairs of words of the prose. */
export function proseFeatures(context: ProseContext): SparseVector {
  const named = new Map<string, number>();
  const put = (name: string, value = 1): void => void named.set(name, value);
  put('bias');
  const { lead, earlier, next, heading } = context;
  if (lead === '') put('no lead');
  for (const cue of cuesIn(lead)) put(`cue ${String(cue)}`);
  for (const cue of cuesIn(earlier)) put(`earlier cue ${String(cue)}`, 0.5);
  for (const cue of cuesIn(next)) put(`next cue ${String(cue)}`, 0.5);
  put('rules', lead === '' ? -1 : Math.max(-2, Math.min(2, weighProse(lead) / 3)));
  put('afterthought', next === '' ? 0 : weighAfterthought(next));
  if (context.superseded) put('superseded');
  if (context.inDanger) put('danger');
  if (context.inComment) put('comment');
  put(`code before ${String(Math.min(2, context.codeBefore))}`);
  if (/[:：]\s*$/u.test(lead)) put('colon');
  if (lead.includes('?')) put('question');
  put('lead length', Math.log1p(lead.length) / 6);
  put('code length', Math.log1p(context.code.length) / 6);
  if (context.language !== '') put(`language ${context.language.toLowerCase()}`, 0.5);
  addWords(named, 'lead', lead.slice(-longestLead), 1.5);
  addWords(named, 'heading', heading.slice(0, 100), 0.7);
  addWords(named, 'next', next.slice(0, longestNext), 0.7);
  return hashed(named);
}

/** Words and pairs of words, scaled so that together they have the norm `norm` whatever their number. */
function addWords(named: Map<string, number>, where: string, text: string, norm: number): void {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’]\p{L}+)?/gu) ?? [];
  const terms = new Set<string>(words);
  for (let i = 1; i < words.length; i++) terms.add(`${words[i - 1] ?? ''} ${words[i] ?? ''}`);
  const value = norm / Math.sqrt(Math.max(1, terms.size));
  for (const term of terms) named.set(`${where}: ${term}`, value);
}

function hashed(named: ReadonlyMap<string, number>): SparseVector {
  const sums = new Map<number, number>();
  for (const [name, value] of named) {
    const place = hash(name) >>> (32 - featureBits);
    sums.set(place, (sums.get(place) ?? 0) + value);
  }
  const places = [...sums.keys()].sort((a, b) => a - b);
  return { places, values: places.map((place) => sums.get(place) ?? 0) };
}

/** FNV-1a over UTF-16 code units, finished by murmur3's mixer, since the high bits are the ones that are used. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
