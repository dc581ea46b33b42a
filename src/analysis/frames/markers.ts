/** What a word says of the demonstration that it stands with. */
export type Polarity = 'bad' | 'good';

/**
 * How far a word alone carries. `explicit` words hardly ever label anything but a demonstration; `ambiguous` words
 * are as often about data ("invalid input"), time ("before") or an outcome ("error").
 */
export type Grade = 'explicit' | 'ambiguous';

interface MarkerGroup {
  readonly polarity: Polarity;
  readonly grade: Grade;
  /** Alternatives of a regular expression over lower-case text; whole words in scripts that separate words. */
  readonly words: readonly string[];
}

/** Whole-word markers of languages whose scripts separate words. */
const separatedGroups: readonly MarkerGroup[] = [
  {
    polarity: 'bad',
    grade: 'explicit',
    words: [
      'bad(?:ly)?',
      'wrong(?:ly)?',
      'incorrect(?:ly)?',
      'non[- ]?compliant',
      'non[- ]?conform(?:ing|ant)',
      'not (?:compliant|conforming)',
      'problematic',
      'vulnerable',
      'insecure',
      'unsecure',
      'harmful',
      'anti[- ]?patterns?',
      'not (?:ok(?:ay)?|good|great|ideal|recommended|preferred|advised|allowed|this|like this|permitted|acceptable|safe|secure|correct|right|valid)',
      "(?:don['’]?t|do not|never|avoid) (?:do |use |write |try |doing |using |writing )?(?:this|that|these|it like this)",
      "(?:what|how|things|ways) (?:not to|to avoid|you should(?:n['’]?t| not))(?: do)?",
      '(?:not to|to avoid) do',
      "don['’]?ts?",
      'do not',
      'avoid',
      'discouraged',
      'disallowed',
      'forbidden',
      'prohibited',
      'undesir(?:ed|able)',
      'unacceptable',
      'inappropriate',
      'improper',
      'terrible',
      'horrible',
      'awful',
      'ugly',
      'worst(?![- ]case)',
      'worse',
      'poor(?:ly)?',
      'flawed',
      'faulty',
      'buggy',
      'smelly',
      'code smell',
      'misuse',
      'counter[- ]?examples?',
      'violat(?:ion|ions|ing|es)',
      'nope',
      'yuck',
      // German
      'schlecht(?:e[rsnm]?)?',
      'falsch(?:e[rsnm]?)?',
      'fehlerhaft(?:e[rsnm]?)?',
      'unsicher(?:e[rsnm]?)?',
      'nicht (?:empfohlen|so|machen)',
      'vermeiden',
      // French
      'mauvaise?s?',
      'incorrecte?s?',
      '(?:à|a) (?:éviter|eviter|ne pas faire)',
      'ne (?:faites|fais) pas',
      'non conforme',
      'déconseillée?s?',
      // Spanish and Portuguese
      'mal[oa]?s?',
      'incorrect[oa]s?',
      'incorret[oa]s?',
      'inseguro?a?s?',
      'errad[oa]s?',
      'ruim',
      'no hacer',
      'no recomendado',
      'evitar',
      'evite',
      'não (?:faça|recomendado)',
      // Russian
      'плох(?:о|ой|ая|ое|ие)',
      'неправильн(?:о|ый|ая|ое)',
      'неверн(?:о|ый|ая|ое)',
      'небезопасн(?:о|ый|ая|ое)',
      'не (?:делайте|делай|надо|рекомендуется)(?: так)?',
    ],
  },
  {
    polarity: 'bad',
    grade: 'ambiguous',
    words: [
      'no',
      'unsafe(?:ly)?',
      'dangerous(?:ly)?',
      'invalid',
      'broken',
      'erroneous',
      'fails?',
      'failing',
      'mistakes?',
      'pitfalls?',
      'inefficient',
      'slow',
      'naive',
      'before',
      'exploitable',
      'instead of(?: (?:this|writing|using|doing))?',
      'rather than(?: (?:this|writing|using|doing))?',
      'suspicious',
      'confusing',
      'unclear',
      'redundant',
      'unnecessary',
      'never',
      'nein',
      'non',
      'não',
      'нет',
    ],
  },
  {
    polarity: 'good',
    grade: 'explicit',
    words: [
      'good',
      'better',
      'best',
      'great',
      'correct(?:ly|ed)?',
      'right',
      'compliant',
      'conform(?:ing|ant)',
      'recommend(?:ed|ation)?',
      'prefer(?:red|able|ably)?',
      'fixed',
      'fix',
      'safe(?:r|ly)?',
      'secure(?:d|ly)?',
      'ok(?:ay)?',
      'proper(?:ly)?',
      'use instead',
      'instead',
      'use this',
      'do this',
      'do it like this',
      'like this',
      'improved?',
      'solution',
      'remediation',
      'mitigation',
      'allowed',
      'permitted',
      'acceptable',
      'accepted',
      'desir(?:ed|able)',
      'appropriate',
      'idiomatic',
      'clean',
      'not (?:bad|wrong|vulnerable|affected|an issue|a problem|flagged)',
      'no longer (?:bad|wrong|vulnerable)',
      'gute?[rsnm]?',
      'besser(?:e[rsnm]?)?',
      'richtig(?:e[rsnm]?)?',
      'korrekt(?:e[rsnm]?)?',
      'bonn?e?s?',
      'correctes?',
      'mieux',
      'buen[oa]s?',
      'bien',
      'correct[oa]s?',
      'mejor',
      'bo[am]',
      'corret[oa]s?',
      'melhor',
      'хорош(?:о|ий|ая|ее)',
      'правильн(?:о|ый|ая|ое)',
      'верно',
      'лучше',
    ],
  },
  {
    polarity: 'good',
    grade: 'ambiguous',
    words: [
      'yes',
      'do',
      'use',
      'valid(?:ly)?',
      'pass(?:es|ing)?',
      'after',
      'works?',
      'fine',
      'usage',
      'consistent',
      'normal',
      'ja',
      'oui',
      'sí',
      'sim',
      'да',
    ],
  },
];

/** Markers of scripts that do not separate words, and signs. */
// prettier-ignore
const unseparatedGroups: readonly MarkerGroup[] = [
  {
    polarity: 'bad',
    grade: 'explicit',
    words: [
      '❌', '🚫', '👎', '⛔', '✗', '✘', '❎', '🔴', '✖', '🙅', '💩', '☠',
      '不好', '不良', '错误', '錯誤', '不推荐', '不推薦', '不要', '坏', '反例', '反面', '反模式', '不正确', '不正確', '不安全', '避免', '禁止', '不符合',
      '悪い', '悪例', 'ダメ', 'だめ', '駄目', '間違', '誤り', '非推奨', '避ける', 'しない', '良くない', 'よくない', '違反',
      '나쁜', '잘못',
    ],
  },
  {
    polarity: 'good',
    grade: 'explicit',
    words: [
      '✅', '✔', '👍', '🟢', '💚', '🆗', '👌', '☑',
      '正确', '正確', '推荐', '推薦', '更好', '良好', '正例', '好的', '好例', '建议', '符合',
      '良い', '良例', '正しい', '推奨', 'よい',
      '좋은', '올바른',
    ],
  },
];

export interface Marker {
  readonly polarity: Polarity;
  readonly grade: Grade;
  readonly start: number;
  readonly end: number;
}

const groups = [...separatedGroups, ...unseparatedGroups];

// Longer alternatives first: "do not" has to win over "do", "not recommended" over "recommended".
const alternatives = groups
  .flatMap((group, index) =>
    group.words.map((word) => ({ word, index, separated: index < separatedGroups.length })),
  )
  .sort((a, b) => b.word.length - a.word.length);
const alternation = (separated: boolean) =>
  alternatives
    .filter((alternative) => alternative.separated === separated)
    .map(({ word }) => word)
    .join('|');

const anyMarker = new RegExp(
  `(?<![\\p{L}\\p{N}_])(?:${alternation(true)})(?![\\p{L}\\p{N}_])|(?:${alternation(false)})`,
  'gu',
);
const groupPatterns = groups.map(({ words }) => new RegExp(`^(?:${words.join('|')})$`, 'u'));
/** Which group a marker belongs to, by its text: there are few different ones. */
const groupOf = new Map<string, MarkerGroup | undefined>();

/**
 * Markers of a short text in order of position. `text` must be lower case.
 */
export function findMarkers(text: string): Marker[] {
  const found: Marker[] = [];
  for (const match of text.matchAll(anyMarker)) {
    const [word] = match;
    if (!groupOf.has(word)) {
      const index = groupPatterns.findIndex((pattern) => pattern.test(word));
      groupOf.set(word, groups[index]);
    }
    const group = groupOf.get(word);
    if (group === undefined) continue;
    found.push({
      polarity: group.polarity,
      grade: group.grade,
      start: match.index,
      end: match.index + word.length,
    });
  }
  return found;
}
