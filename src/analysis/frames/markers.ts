import { wordTree } from './wordTree.js';

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
      'not (?:so |that |very |quite )?(?:ok(?:ay)?|good|great|nice|clean|ideal|recommended|preferred|advised|advisable|allowed|this|like this|permitted|acceptable|accepted|supported|safe|secure|correct|right|valid|idiomatic|encouraged|to be used)',
      "(?:don['’]?t|do not|never|avoid) (?:ever |please )?(?:do |use |write |try |copy |doing |using |writing )?(?:this|that|these|it (?:like (?:this|that)|this way))(?: like (?:this|that))?",
      '(?:never|avoid) (?:do|doing|write|writing) the following',
      "(?:what|how|things|ways) (?:not to|to avoid|you should(?:n['’]?t| (?:never|not)))(?: do)?",
      "what(?:['’]s| is) wrong with (?:this|that|it|the (?:code|example|snippet))",
      'spot the (?:bug|mistake|error|problem|vulnerability)',
      'sensitive (?:code|examples?)',
      'negative (?:examples?|cases?|samples?)',
      'no good',
      'rejected',
      'less (?:ideal|good|clear|readable|safe|secure|preferred|preferable|optimal|desirable)',
      'sub-?optimal',
      'flagged',
      'flaws?',
      'weakness(?:es)?',
      'ruleid',
      "(?:does not|doesn[’']t|will not|won[’']t) compile",
      'compil(?:e|er|ation)[- ](?:time )?errors?',
      'offending',
      'naughty',
      'nasty',
      'evil',
      'sloppy',
      'lousy',
      'hacky',
      'risky',
      'hazardous',
      'weak',
      'fragile',
      'brittle',
      'error[- ]prone',
      'unidiomatic',
      'non[- ]?idiomatic',
      'un[- ]?pythonic',
      'unacceptably',
      'undesirable',
      'unwanted',
      'unprotected',
      'unsanitized',
      'unescaped',
      'unpatched',
      'misconfigur(?:ed|ation)',
      'vulnerabilit(?:y|ies)',
      'injectable',
      'exploit(?:s|able)?',
      'compile[_ ]?fail',
      'foot-?guns?',
      'legacy (?:way|style|approach|version|code|pattern)',
      'smells?',
      'ng',
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
      'nicht (?:empfohlen|so|machen|erlaubt|zulässig|sicher|konform)',
      'verwundbar(?:e[rsnm]?)?',
      'gefährlich(?:e[rsnm]?)?',
      'ungültig(?:e[rsnm]?)?',
      'unzulässig(?:e[rsnm]?)?',
      'negativbeispiele?',
      'gegenbeispiele?',
      'anfällig(?:e[rsnm]?)?',
      'vermeiden',
      // French
      'mauvaise?s?',
      'incorrecte?s?',
      '(?:à|a) (?:éviter|eviter|ne pas faire)',
      'ne (?:faites|fais) pas',
      'non conforme',
      "n[’']écri(?:vez|s) pas",
      'déconseillée?s?',
      'dangereu(?:x|ses?)',
      'vulnérables?',
      'non sécurisée?s?',
      'interdite?s?',
      'erronée?s?',
      'contre-exemples?',
      // Spanish and Portuguese
      'mal[oa]?s?',
      'incorrect[oa]s?',
      'incorret[oa]s?',
      'inseguro?a?s?',
      'errad[oa]s?',
      'ruim',
      'no (?:hacer|hagas?|haga esto|uses|use esto)(?: (?:esto|eso|así))?',
      'no recomendad[oa]s?',
      'peligros[oa]s?',
      'vulnerables',
      'contraejemplos?',
      'prohibid[oa]s?',
      'desaconsejad[oa]s?',
      'evitar',
      'evite',
      'não (?:faça|fazer|use|recomendad[oa]|segur[oa])(?: (?:isso|isto|assim))?',
      'vulnerável',
      'vulneráveis',
      'perigos[oa]s?',
      'proibid[oa]s?',
      'contraexemplos?',
      // Russian
      'плох(?:о|ой|ая|ое|ие)',
      'неправильн(?:о|ый|ая|ое)',
      'неверн(?:о|ый|ая|ое)',
      'небезопасн(?:о|ый|ая|ое)',
      'не (?:делайте|делай|надо|рекомендуется|пишите|используйте)(?: так)?',
      '(?:так )?(?:делать|писать) не (?:стоит|следует|надо|нужно)',
      '(?:так )?(?:делать |писать )?нельзя(?: (?:так|делать|писать))*',
      'уязвим(?:о|ый|ая|ое|ые)?',
      'уязвимост(?:ь|и)',
      'опасн(?:о|ый|ая|ое)',
      'ошибочн(?:о|ый|ая|ое)',
      'антипаттерн',
      'контрпример',
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
      'failures?',
      'problems?',
      'should[_ ]panic',
      'triggers?',
      'reported',
      'attack',
      'wasteful',
      'verbose',
      'inconsistent',
      'illegal',
      'unsupported',
      'obsolete',
      'outdated',
      'old',
      'legacy',
      'lax',
      'leaky',
      'misleading',
      'overly \\w+',
      'mistakes?',
      'pitfalls?',
      'inefficient',
      'slow',
      'naive',
      'before',
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
      'not (?:bad|wrong|vulnerable|affected|an issue|a problem|flagged|reported|rejected|insecure|unsafe|problematic|considered (?:problems?|(?:a )?problem|violations?|warnings?|bad|incorrect))',
      'no longer (?:bad|wrong|vulnerable)',
      'nice(?:r|ly)?',
      'more (?:ideal|clear|readable|safe|secure|preferable|optimal|desirable|idiomatic)',
      'cleaner',
      'simpler',
      'patched',
      'hardened',
      'remediated',
      'encouraged',
      'resolved',
      'sanitized',
      'preventing',
      'prevention',
      'pythonic',
      'positive (?:examples?|cases?|samples?)',
      'alternatives?',
      'workaround',
      'modern (?:way|style|approach|version|code|pattern)',
      'new (?:way|style|approach)',
      'gute?[rsnm]?',
      'sicher(?:e[rsnm]?)?',
      'sondern so',
      'empfohlen',
      'sécurisée?s?',
      'à faire',
      'recommandée?s?',
      'segur[oa]s?',
      'recomendad[oa]s?',
      'безопасн(?:о|ый|ая|ое)',
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
      '❌', '🚫', '👎', '⛔', '✗', '✘', '❎', '🔴', '✖', '🙅', '💩', '☠', '😱', '🛑', '💣', '🔥', '❗', '⚠',
      '不好', '不良', '错误', '錯誤', '不推荐', '不推薦', '不要', '坏', '反例', '反面', '反模式', '不正确', '不正確', '不安全', '避免', '禁止', '不符合', '不建议', '不建議', '不可取', '勿', '有问题', '有問題', '漏洞', '不规范', '不合规', '坏味道',
      '悪い', '悪例', 'ダメ', 'だめ', '駄目', '間違', '誤り', '非推奨', '避ける', 'しない', '良くない', 'よくない', '違反', '脆弱', '危険', 'ng例', 'アンチパターン', '悪く', '不適切',
      '나쁜', '잘못', '안 좋은', '취약', '피해야',
    ],
  },
  {
    polarity: 'good',
    grade: 'explicit',
    words: [
      '✅', '✔', '✓', '👍', '🟢', '💚', '🆗', '👌', '☑',
      '正确', '正確', '推荐', '推薦', '更好', '良好', '正例', '好的', '好例', '建议', '符合', '安全', '规范', '合规',
      '良い', '良例', '正しい', '推奨', 'よい', 'ok例', '安全な',
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
  wordTree(alternatives.filter((alternative) => alternative.separated === separated).map(({ word }) => word));

const anyMarker = new RegExp(
  `(?<![\\p{L}\\p{N}_])(?:${alternation(true)})(?![\\p{L}\\p{N}_])|(?:${alternation(false)})`,
  'gu',
);
/** The words with any signs between them, after no letter of ASCII. */
const perhapsMarker = new RegExp(
  `(?<![a-z0-9])(?:${wordTree(
    alternatives
      .filter(({ separated }) => separated)
      .map(({ word }) => word.replace(/\(\?![^)]*\)/gu, '').replace(/\[[-_ ]+\]| /gu, '(?:[^a-z0-9]+)')),
  )})(?![a-z0-9])|${alternation(false)}`,
);

/** Whether a text as it is written, in lower case, may hold a marker. `false` is certain; a third of the price of the search. */
export function mayHoldMarker(text: string): boolean {
  return perhapsMarker.test(text);
}

const groupPatterns = groups.map(({ words }) => new RegExp(`^(?:${words.join('|')})$`, 'u'));
/** Which group a marker belongs to, by its text: there are few different ones. */
const groupOf = new Map<string, MarkerGroup | undefined>();

/**
 * Markers of a short text in order of position. `text` must be lower case.
 */
export function findMarkers(text: string): Marker[] {
  const found: Marker[] = [];
  anyMarker.lastIndex = 0;
  // Not by `matchAll`: it copies the pattern, which for one of this size costs more than the search.
  for (let match = anyMarker.exec(text); match !== null; match = anyMarker.exec(text)) {
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
