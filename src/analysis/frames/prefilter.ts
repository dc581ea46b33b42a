/**
 * Stage 0: literals of which every frame holds at least one (markers.ts, proseCues.ts). Stems rather than words, since
 * a needless hit costs a parse while a miss costs a finding.
 */
// prettier-ignore
export const frameWords = [
  'bad', 'wrong', 'correct', 'complian', 'conform', 'problem', 'vulnerab', 'secure', 'harmful', 'pattern', 'not ', "n't", 'n’t', 'dont',
  'avoid', 'discourag', 'allow', 'forbid', 'prohibit', 'desir', 'accept', 'propriate', 'improper', 'terrible', 'horrible', 'awful', 'ugly',
  'worse', 'worst', 'poor', 'flaw', 'fault', 'bug', 'smell', 'misuse', 'counter', 'violat', 'nope', 'yuck', 'danger', 'valid',
  'broken', 'erroneous', 'fail', 'error', 'mistake', 'pitfall', 'inefficient', 'slow', 'naive', 'before', 'instead',
  'rather', 'exploit', 'suspicious', 'confus', 'unclear', 'redundant', 'necessar', 'never', 'attack', 'malicious', 'injection', 'overflow',
  'deadlock', 'race', 'leak', 'crash', 'undefined', 'always', 'without', 'typo', 'useless', 'unreachable', 'better', 'prefer',
  'sensitive', 'negative', 'reject', 'flagged', 'offending', 'naughty', 'nasty', 'evil', 'sloppy', 'lousy', 'hacky', 'risk', 'hazard', 'weak',
  'unsafe', 'untrusted', 'fragile', 'brittle', 'idiomatic', 'pythonic', 'desired', 'unwanted', 'unprotected', 'unsanitized', 'unescaped', 'unpatched', 'misconfig',
  'injectable', 'footgun', 'foot-gun', 'legacy', 'trigger', 'reported', 'wasteful', 'verbose', 'consistent', 'illegal', 'supported', 'deprecat',
  'obsolete', 'outdated', 'old way', 'old style', 'misleading', 'panic', 'tempt', 'glance', 'twice', 'reveal', 'known before', 'predictable', 'guess', 'silently', 'replaced', 'no longer', 'hanging', 'hangs', 'leaves', 'whole world', 'the following', 'stops', 'refuse', 'catches', 'complain', 'warns', 'flags', 'detects', 'lose ', 'loses', 'something like', 'less ', 'optimal', 'beware', 'watch out', 'circumstances', 'away', 'clear of', 'prone', 'suscept', 'example of', 'crivez', 'стоит', 'следует', 'ruleid', 'ne pas', 'as below', 'puts it', 'compile', 'what not', '[high]', '[critical]', '[medium]', 'people', 'forget', 'forgot', 'anybody', 'anyone', 'everybody', 'everyone', 'nobody',
  'no one', 'hide', 'swallow', 'expos', 'reveal', 'plain text', 'plaintext', 'hard-cod', 'hardcod', 'hard cod', 'use instead', ' hole', 'beginner',
  'straight from', 'directly from', 'illustrat', 'caution', 'lets any', 'lets every', 'past the end', 'for ever', 'forever', 'surpris',
  'issue', 'severity', 'cwe', 'finding', 'warning', 'no:', 'no*', 'no<', '# no', '/ no', '|no', '| no', 'nein', 'non', 'schlecht', 'falsch', 'vermeid', 'mauvais', 'viter', 'faites', 'conseill', 'ne fai', 'mal',
  'incorre', 'insegur', 'errad', 'ruim', 'evit', 'hacer', 'recomend', 'não', 'плох', 'правильн', 'неверн', 'опасн', 'не ', 'нет',
  '❌', '🚫', '👎', '⛔', '✗', '✘', '❎', '🔴', '✖', '🙅', '💩', '☠',
  '😱', '🛑', '💣', '🔥', '❗', '⚠', '勿', '问题', '問題', '漏洞', '味道', '脆', '危', 'アンチ', '안 좋', '취약', '피해', 'нельзя', 'уязвим', 'ошибоч', 'антипат', 'контрприм',
  'gefährlich', 'verwundbar', 'ungültig', 'zulässig', 'anfällig', 'beispiel', 'nicht', 'dangereu', 'vulnérab', 'interdit', 'erron', 'exemple', 'ejemplo', 'peligro', 'prohibid', 'aconseja', 'perigo', 'proibid', 'exempl', 'vulner',
  '不', '错', '錯', '坏', '反', '避', '禁', '悪', 'ダメ', 'だめ', '駄目', '間違', '誤', '非', 'しない', '違', '나쁜', '잘못',
];

// Without the flag `u`: with it V8 gives up its fast search for a set of literals.
const pattern = new RegExp(frameWords.map((literal) => literal.replace(/[*|[\]]/g, '\\$&')).join('|'), 'i');

/** Two letters that stand inside half of all words, and so must stand alone: "NG" labels as "OK" does. */
const shortest = /\bng\b/i;

/** Whether a text can hold a frame at all. `false` is certain, `true` only means: parse it. Linear, some hundred MB/s without hits. */
export function mayHoldFrame(text: string): boolean {
  return pattern.test(text) || shortest.test(text);
}

// prettier-ignore
const approvals = [
  'good', 'best', 'great', 'right', 'recommend', 'fix', 'safe', 'ok', 'do*', 'do<', 'proper', 'use', 'do ', 'improve', 'solution', 'mitigat', 'permit',
  'idiomatic', 'clean', 'gut', 'besser', 'richtig', 'korrekt', 'bon', 'mieux', 'buen', 'bien', 'mejor', 'bo', 'melhor', 'хорош', 'верно', 'лучше',
  'yes', 'pass', 'after', 'work', 'fine', 'consistent', 'normal', 'do:', 'nice', 'simple', 'patched', 'harden', 'remed', 'encourag', 'resolv', 'sanitiz', 'prevent', 'positive', 'alternativ', 'modern', 'new ', 'sicher', 'sondern', 'empfohl', 'sécuris', 'faire', 'recommand', 'segur', 'безопас', '规', '安', 'ja', 'oui', 'sí', 'sim', 'да', '✅', '✔', '👍', '🟢', '💚', '🆗', '👌', '☑',
  '正', '推', '更', '良', '好', '建', '符', '좋', '올',
];

const sidePattern = new RegExp(
  [...frameWords, ...approvals].map((literal) => literal.replace(/[*|[\]]/g, '\\$&')).join('|'),
  'i',
);

/** Whether a text can take a side at all, bad or good. */
export function mayTakeSide(text: string): boolean {
  return sidePattern.test(text) || shortest.test(text);
}
