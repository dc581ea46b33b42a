/**
 * Stage 0: literals of which every frame holds at least one (markers.ts, proseCues.ts). Stems rather than words, since
 * a needless hit costs a parse while a miss costs a finding.
 */
// prettier-ignore
const literals = [
  'bad', 'wrong', 'correct', 'complian', 'conform', 'problem', 'vulnerab', 'secure', 'harmful', 'pattern', 'not ', "n't", 'n’t', 'dont',
  'avoid', 'discourag', 'allow', 'forbid', 'prohibit', 'desir', 'accept', 'propriate', 'improper', 'terrible', 'horrible', 'awful', 'ugly',
  'worse', 'worst', 'poor', 'flaw', 'fault', 'bug', 'smell', 'misuse', 'counter', 'violat', 'nope', 'yuck', 'unsafe', 'danger', 'valid',
  'broken', 'erroneous', 'fail', 'error', 'mistake', 'pitfall', 'inefficient', 'slow', 'naive', 'before', 'instead',
  'rather', 'exploit', 'suspicious', 'confus', 'unclear', 'redundant', 'necessar', 'never', 'attack', 'malicious', 'injection', 'overflow',
  'deadlock', 'race', 'leak', 'crash', 'undefined', 'always', 'without', 'typo', 'useless', 'unreachable', 'better', 'prefer',
  'issue', 'severity', 'cwe', 'finding', 'warning', 'no:', 'no*', 'no<', '# no', '/ no', '|no', '| no', 'nein', 'non', 'schlecht', 'falsch', 'vermeid', 'mauvais', 'viter', 'faites', 'conseill', 'ne fai', 'mal',
  'incorre', 'insegur', 'errad', 'ruim', 'evit', 'hacer', 'recomend', 'não', 'плох', 'правильн', 'неверн', 'опасн', 'не ', 'нет',
  '❌', '🚫', '👎', '⛔', '✗', '✘', '❎', '🔴', '✖', '🙅', '💩', '☠',
  '不', '错', '錯', '坏', '反', '避', '禁', '悪', 'ダメ', 'だめ', '駄目', '間違', '誤', '非', 'しない', '違', '나쁜', '잘못',
];

// Without the flag `u`: with it V8 gives up its fast search for a set of literals.
const pattern = new RegExp(literals.map((literal) => literal.replace(/[*|]/g, '\\$&')).join('|'), 'i');

/** Whether a text can hold a frame at all. `false` is certain, `true` only means: parse it. Linear, some hundred MB/s without hits. */
export function mayHoldFrame(text: string): boolean {
  return pattern.test(text);
}

// prettier-ignore
const approvals = [
  'good', 'best', 'great', 'right', 'recommend', 'fix', 'safe', 'ok', 'proper', 'use', 'do ', 'improve', 'solution', 'mitigat', 'permit',
  'idiomatic', 'clean', 'gut', 'besser', 'richtig', 'korrekt', 'bon', 'mieux', 'buen', 'bien', 'mejor', 'bo', 'melhor', 'хорош', 'верно', 'лучше',
  'yes', 'pass', 'after', 'work', 'fine', 'consistent', 'normal', 'ja', 'oui', 'sí', 'sim', 'да', '✅', '✔', '👍', '🟢', '💚', '🆗', '👌', '☑',
  '正', '推', '更', '良', '好', '建', '符', '좋', '올',
];

const sidePattern = new RegExp(
  [...literals, ...approvals].map((literal) => literal.replace(/[*|]/g, '\\$&')).join('|'),
  'i',
);

/** Whether a text can take a side at all, bad or good. */
export function mayTakeSide(text: string): boolean {
  return sidePattern.test(text);
}
