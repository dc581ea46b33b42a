import { findMarkers, mayHoldMarker, type Grade, type Marker, type Polarity } from './markers.js';
import { mayTakeSide } from './prefilter.js';

/** What a label says of the demonstration under it. */
export interface Verdict {
  readonly polarity: Polarity;
  /** Probability, 0–1, that a demonstration with this label really is of that polarity. */
  readonly strength: number;
  /** The label carries nothing beyond its verdict ("Bad", "Incorrect example:"), so it may head a whole run of code. */
  readonly bare: boolean;
  /** How far the deciding word carries by itself. */
  readonly grade: Grade;
}

// Longer labels are prose, which is judged by other means.
const longestLabel = 240;

/** Words that may stand in a label without changing what it says. */
const filler =
  /^(?:examples?|snippets?|samples?|code|codes|demo|demonstrations?|cases?|usages?|uses?|using|styles?|patterns?|practices?|approach(?:es)?|ways?|versions?|variants?|implementations?|solutions?|ideas?|formatting|rule|rules|this|the|an?|of|for|with|in|is|are|it|do|does|to|and|or|here|very|really|also|more|still|even|your|you|following|below|above|these|those|that|would|be|considered|patterns|against|by|when|set|from|not|so|too|much|bitte|beispiele?|code|ejemplos?|exemples?|exemplos?|código|codigo|пример(?:ы)?|код|так|caution|warning|danger|potential|example|configurations?|config|settings?|calls?|queries|query|test|tests|check|checks|part|that|will|be|should|how|write|written|like|never|following|patterns|block|blocks|function|functions|method|class|typical|common|naïve|first|second|case|et|y|e|le|la|les|el|los|o|os|as|um|uma|un|une|ein|eine|der|die|das|это|я|(?:的|の|な|示例|範例|范例|例子|例|示范|代码|代碼|写法|寫法|做法|用法|方式|实现|コード|書き方|パターン|実装|使い方|예|예시|예제|코드|사례)+|\d{1,3}|[a-z])$/u;

const demonstrationNoun =
  /^(?:examples?|snippets?|samples?|code|usages?|practices?|approach(?:es)?|ways?|versions?|implementations?|solutions?|patterns?|styles?|cases?|beispiel(?:e)?|ejemplos?|exemples?|exemplos?|пример(?:ы)?|formatting|queries|query)$/u;

const soundMarks = /[*_`~#"“”«»<>|[\])【】「」『』〔〕]/gu;
/** Brackets that open a remark on the verdict: "Noncompliant {{Use a parameter}}", "Bad (slow)". */
const remark = /[({}（]+/gu;
const separator = /^[\s]*(?:[:：!,;=.…—–]|-+(?![\p{L}\p{N}])|$)/u;

/** Undoing words turn what follows: "fixed version of the bad code", "how to avoid the wrong result", "without bad". */
const undoing =
  /(?:^|\s)(?:fix(?:es|ed|ing)?|correct(?:s|ed|ing)|avoid(?:s|ing|ed)|to avoid|prevent(?:s|ing)?|without|instead of|rather than|no longer|never)\s(?:the |a |an |any |this )?$/u;

/** "Test for insecure usage", "Detects bad names": the title of a check, not of an example. */
const namesCheck =
  /(?:^|\s)(?:(?:tests?|checks?|looks?|scans?|search(?:es)?) for|detect(?:s|ion of)?|finds?|flags|reports?|disallows?|bans?|forbids?)\s(?:the |a |an |any |all )?$/u;

/**
 * Verdict of a heading, a label line, a table header, a tab title or the first line of a comment.
 * `undefined` where it takes no side. Runs in time linear in the length of the label; long text takes no side.
 */
export function judgeLabel(raw: string): Verdict | undefined {
  if (raw.length > longestLabel || /[{;(=]\s*$/u.test(raw.slice(-20))) return undefined; // a line of code is no label
  if (!mayHoldMarker(raw.toLowerCase()) || !mayTakeSide(raw)) return undefined;
  const text = raw.replace(soundMarks, ' ').replace(remark, ', ').replace(/\s+/gu, ' ').trim();
  if (text === '') return undefined;
  const lower = text.toLowerCase();
  const markers = findMarkers(lower);
  const [first] = markers;
  if (first === undefined) return undefined;

  const before = lower.slice(0, first.start);
  // "Why is this bad?" asks; "bad - how many are there?" labels all the same.
  const asksReader = /^(?:what|spot)/u.test(lower.slice(first.start));
  if (
    lower.endsWith('?') &&
    !asksReader &&
    !(/^\P{L}*$/u.test(before) && separator.test(lower.slice(first.end)))
  )
    return undefined;
  const undone =
    first.polarity === 'bad' &&
    (undoing.test(before) || (/(?:^|\s)to $/u.test(before) && lower.startsWith('avoid', first.start)));
  const polarity: Polarity = undone ? 'good' : first.polarity;
  const bare = isBare(lower, markers);
  const shouted =
    text.slice(first.start, first.end) === text.slice(first.start, first.end).toUpperCase() &&
    first.end - first.start > 2;
  const strength = Math.min(
    0.97,
    gradeFactor(first, bare, shouted, raw, lower) * positionStrength(lower, first, bare, shouted, markers),
  );
  return { polarity, strength, bare: bare && !undone, grade: first.grade };
}

function gradeFactor(marker: Marker, bare: boolean, shouted: boolean, raw: string, lower: string): number {
  if (marker.grade === 'explicit') return 1;
  const word = lower.slice(marker.start, marker.end);
  if (shouted && word.length > 3 && separator.test(lower.slice(marker.end))) return 0.85;
  // A bare "no" is an answer unless it is written as a label ("No:", "**No**"); "instead of" waits for its colon.
  if (word.length <= 3) return bare && /[:：*!]/u.test(raw) ? 0.95 : 0.4;
  if (/^(?:instead of|rather than)/u.test(word)) return bare && /[:：]\s*$/u.test(raw) ? 0.85 : 0.4;
  return bare ? 0.75 : 0.6;
}

function isBare(lower: string, markers: readonly Marker[]): boolean {
  let rest = '';
  let from = 0;
  for (const marker of markers) {
    rest += lower.slice(from, marker.start) + ' ';
    from = marker.end;
  }
  rest += lower.slice(from);
  return (rest.match(/[\p{L}\p{N}]+/gu) ?? []).every((word) => filler.test(word));
}

function positionStrength(
  lower: string,
  first: Marker,
  bare: boolean,
  shouted: boolean,
  markers: readonly Marker[],
): number {
  const before = lower.slice(0, first.start);
  const after = lower.slice(first.end);
  const wordsBefore = before.match(/[\p{L}\p{N}]+/gu) ?? [];
  const opens = wordsBefore.every(
    (word) => filler.test(word) || /^(?:shows?|showing|demonstrates?)$/u.test(word),
  );
  const isSign = !/[\p{L}]/u.test(lower.slice(first.start, first.end));
  const imperative = /^(?:don['’]?ts?|do not|avoid|never|vermeiden|evitar|evite)$/u.test(
    lower.slice(first.start, first.end),
  );

  if (bare) return 0.97;
  if (namesCheck.test(before)) return 0.35;
  if (
    opens &&
    /^(?:never|do not|don['’]t|avoid)\s.*\b(?:this|that|the following)$/u.test(
      lower.slice(first.start, first.end),
    )
  )
    return separator.test(after) ? 0.95 : 0.6;
  if (opens && /^(?:what|how|things|ways|spot)\s/u.test(lower.slice(first.start))) return 0.9;
  if (isSign) return opens || after.trim() === '' ? 0.95 : 0.6;
  if (opens && separator.test(after)) return 0.95;
  if (/[,:：(–—-]\s*$/u.test(before) && separator.test(after) && wordsBefore.length <= (imperative ? 3 : 6))
    return 0.95;
  const nextWord = /^[\s]*([\p{L}]+)/u.exec(after)?.[1] ?? '';
  if (!imperative && demonstrationNoun.test(nextWord)) return opens ? 0.93 : 0.8;
  if (opens && shouted) return 0.85;
  if (wordsBefore.length <= 6 && separator.test(after) && markers.length === 1 && demonstrationIn(before))
    return 0.8;
  if (imperative && opens) return 0.4;
  return opens ? 0.35 : 0.2;
}

function demonstrationIn(text: string): boolean {
  return (text.match(/[\p{L}]+/gu) ?? []).some((word) => demonstrationNoun.test(word));
}
