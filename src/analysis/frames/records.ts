import { judgeLabel, type Verdict } from './labels.js';
import { codeShare, looksLikeCode } from './textShape.js';

/** A string of a record with the way to it (keys and indices). */
export interface RecordString {
  readonly path: readonly (string | number)[];
  readonly value: string;
}

/** A text to look through, put together from one or more strings of a record. */
export interface RecordText<S extends RecordString = RecordString> {
  /** Where it came from: `text`, `messages`, `prompt+completion`, … */
  readonly field: string;
  /** In order; `joinParts` makes them the text. */
  readonly parts: readonly S[];
}

/** What stands between the parts of a conversation. */
const partSeparator = '\n\n';

const questionFields = [
  'system',
  'prompt',
  'instruction',
  'question',
  'query',
  'input',
  'context',
  'user',
  'problem',
];
const answerFields = [
  'completion',
  'response',
  'answer',
  'output',
  'chosen',
  'assistant',
  'target',
  'solution',
];
const conversationFields = /^(?:messages|conversations?|dialog(?:ue)?|turns|chat)$/u;
const turnFields = /^(?:content|value|text)$/u;
const textFields =
  /^(?:text|content|contents|body|document|raw_content|markdown|code|source|snippet|func|function|page|passage|article)$/u;

/**
 * The texts of a record as a trainer would see them: a conversation or a question with its answer is one text, other
 * text fields stand alone. Fields that are names, ids or labels are left out.
 */
export function recordTexts<S extends RecordString>(strings: readonly S[]): RecordText<S>[] {
  const texts: RecordText<S>[] = [];
  const lists = new Map<string, S[]>();
  const exchange: S[] = [];
  for (const string of strings) {
    const leaf = string.path.at(-1);
    const list = listOf(string.path);
    const isAlone = string.path.length === 1 && typeof leaf === 'string';
    if (isExchange(list ?? (isAlone ? leaf : ''))) {
      exchange.push(string);
    } else if (list !== undefined) {
      const parts = lists.get(list);
      if (parts === undefined) lists.set(list, [string]);
      else parts.push(string);
    } else if (typeof leaf === 'string' && textFields.test(leaf)) {
      texts.push({ field: string.path.join('.'), parts: [string] });
    } else if (isAlone && judgeField(leaf)?.polarity === 'bad') {
      texts.push({ field: leaf, parts: [string] });
    }
  }
  const rank = ({ path }: S) => [...questionFields, ...answerFields].indexOf(String(path[0]));
  exchange.sort((a, b) => rank(a) - rank(b));
  // What the system is told stands before each conversation, as it does for the trainer.
  const isPreamble = lists.size > 0 && exchange.every(({ path }) => path[0] === 'system');
  const preamble = isPreamble ? exchange.splice(0) : [];
  for (const [list, turns] of lists) texts.push(textOf(list, [...preamble, ...turns]));
  if (exchange.length > 0) texts.push(textOf(undefined, exchange));
  return texts;
}

function textOf<S extends RecordString>(list: string | undefined, parts: readonly S[]): RecordText<S> {
  const roots = parts.map(({ path }) => (listOf(path) === list ? list : undefined) ?? String(path[0]));
  return { field: [...new Set(roots)].join('+'), parts };
}

function isExchange(field: string): boolean {
  return questionFields.includes(field) || answerFields.includes(field);
}

/**
 * The list whose strings are one text: `messages` of `messages.0.content`, `text` of `text.3`; `undefined` where a
 * string is no turn and no piece of a list.
 */
function listOf(path: readonly (string | number)[]): string | undefined {
  const leaf = path.at(-1);
  const at = path.findIndex(
    (step) =>
      typeof step === 'string' && (conversationFields.test(step) || step === 'rejected' || isExchange(step)),
  );
  const name = path[at];
  const isTurn = typeof leaf === 'string' && turnFields.test(leaf);
  const inner = path.slice(at + 1);
  if (typeof name === 'string' && inner.length > 0) {
    const isConversation = conversationFields.test(name) || inner.some((step) => typeof step === 'number');
    if (isConversation && (isTurn || inner.every((step) => typeof step === 'number') || isColumn(inner)))
      return path.slice(0, at + 1).join('.');
  }
  const last = path.at(-2);
  return typeof leaf === 'number' && typeof last === 'string' && textFields.test(last)
    ? path.slice(0, -1).join('.')
    : undefined;
}

/** Whether a string is an entry of a list, or what a turn says rather than who says it. */
export function isPiece({ path }: RecordString): boolean {
  const leaf = path.at(-1);
  return typeof leaf === 'number' || (leaf !== undefined && turnFields.test(leaf));
}

/** Turns laid out as columns: `{"messages": {"role": […], "content": […]}}`. */
function isColumn(inner: readonly (string | number)[]): boolean {
  const [column, index] = inner;
  return inner.length === 2 && turnFields.test(String(column)) && typeof index === 'number';
}

/**
 * The part that a field's name alone calls bad: all of a field, or of a list (`rejected` as a conversation) its last
 * turn, since those before it are the prompt.
 */
export function warnedPart<S extends RecordString>({
  parts,
}: RecordText<S>): { readonly part: S; readonly verdict: Verdict } | undefined {
  const part = parts.at(-1);
  if (part === undefined) return undefined;
  const list = listOf(part.path);
  if (parts.length > 1 && list === undefined) return undefined;
  const verdict = judgeField(String(list ?? part.path.at(-1)));
  return verdict?.polarity === 'bad' ? { part, verdict } : undefined;
}

/**
 * The text that the parts are, and where in it each begins. An answer that is nothing but code stands in a fence there,
 * as a chat shows it: so what is said before it is no part of the code.
 */
export function joinParts(parts: readonly RecordString[]): { text: string; starts: readonly number[] } {
  const bare = parts.map(({ value }) => isBareCode(value));
  const isMixed = bare.includes(true) && bare.includes(false);
  const starts: number[] = [];
  let text = '';
  parts.forEach(({ value }, index) => {
    const mark = isMixed && bare[index] === true ? '```' : '';
    text += `${index === 0 ? '' : partSeparator}${mark === '' ? '' : `${mark}\n`}`;
    starts.push(text.length);
    text += `${value}${mark === '' ? '' : `\n${mark}`}`;
  });
  return { text, starts };
}

function isBareCode(text: string): boolean {
  if (text.includes('```')) return false;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return codeShare(lines) >= 0.7;
}

/** Strings of a record that was parsed already. */
export function stringsOf(record: unknown, path: readonly (string | number)[] = []): RecordString[] {
  if (typeof record === 'string') return path.length === 0 ? [] : [{ path, value: record }];
  if (record === null || typeof record !== 'object' || path.length > 64) return [];
  if (Array.isArray(record)) return record.flatMap((value, index) => stringsOf(value, [...path, index]));
  return Object.entries(record).flatMap(([key, value]) => stringsOf(value, [...path, key]));
}

/** What the name of a data field says of its content: `bad_code`, `insecureVersion`, `rejected`. */
export function judgeField(name: string): Verdict | undefined {
  const words = name
    .replace(/([a-z])([A-Z])/gu, '$1 $2')
    .replace(/[_.-]+/gu, ' ')
    .toLowerCase();
  if (words === 'rejected') return { polarity: 'bad', strength: 0.65, bare: true, grade: 'ambiguous' };
  const verdict = judgeLabel(words);
  return verdict !== undefined && verdict.strength >= 0.75 && verdict.bare ? verdict : undefined;
}

const verdictFields =
  /^(?:label|labels|verdict|class|category|tag|type|status|quality|rating|safety|security|judg(?:e)?ment|polarity|kind)$/u;
const truthFields =
  /^(?:is|has)?(?:vulnerable|insecure|unsafe|buggy|bad|malicious|harmful|vulnerability|flawed|defective)$/u;
/** Of running text only such words are a warning; "bad" of a review is an opinion. */
const ofProse = /^(?:harmful|malicious|unsafe|dangerous|jailbreak|toxic)$/u;
const codeFields =
  /^(?:code|snippet|source|source_code|func|function|program|script|query|example|sample|content|contents|text|body)$/u;

/** What a field beside the text says of it: `"label": "insecure"`, `"is_vulnerable": true` (`value` is then undefined). */
export function warnsOfText(name: string, value: string | undefined): 'code' | 'anything' | undefined {
  const plain = name.toLowerCase();
  if (value === undefined) return truthFields.test(plain.replace(/[_-]/gu, '')) ? 'code' : undefined;
  if (!verdictFields.test(plain) || value.length > 40) return undefined;
  const word = value.trim().toLowerCase().replace(/[_-]+/gu, ' ');
  if (ofProse.test(word)) return 'anything';
  const verdict = judgeLabel(word);
  return verdict?.polarity === 'bad' &&
    verdict.bare &&
    verdict.grade === 'explicit' &&
    verdict.strength >= 0.9
    ? 'code'
    : undefined;
}

/** Whether a string of a record may be what such a field is about. */
export function mayBeLabelled(name: string, value: string, what: 'code' | 'anything'): boolean {
  if (!codeFields.test(name.toLowerCase()) || value.trim() === '') return false;
  return what === 'anything' || value.split('\n').some(looksLikeCode);
}
