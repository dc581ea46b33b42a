/**
 * One pattern for many words, as a tree by their first characters: an engine that tries alternatives in turn then looks
 * at a few of them instead of at all. Words are regular expressions; it matches what joining them by `|` would.
 */
export function wordTree(words: readonly string[]): string {
  return branches(words.flatMap(withoutLeadingGroup));
}

function branches(words: readonly string[]): string {
  const heads = words.map(literalHead);
  if (words.length < 2 || heads.includes(undefined)) return words.join('|');
  const byHead = new Map<string, string[]>();
  words.forEach((word, index) => {
    const head = heads[index] ?? '';
    const rests = byHead.get(head) ?? [];
    byHead.set(head, [...rests, word.slice(head.length)]);
  });
  return [...byHead].map(([head, rests]) => head + grouped(rests)).join('|');
}

function grouped(rests: readonly string[]): string {
  return rests.length === 1 ? (rests[0] ?? '') : `(?:${branches(rests)})`;
}

/** First character where it stands for itself and is there for certain. */
function literalHead(word: string): string | undefined {
  return /^[^\\()[\]{}|?*+.^$](?![?*+{])/u.exec(word)?.[0];
}

/** `(?:a|b) c` as `a c` and `b c`; `(?:a )?b` as `a b` and `b`. */
function withoutLeadingGroup(word: string): string[] {
  const group = /^\(\?:((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)(\??)(?![*+{])/u.exec(word);
  if (group === null) return [word];
  const [whole, inner = '', optional] = group;
  const rest = word.slice(whole.length);
  const parts = topLevelAlternatives(inner).map((part) => part + rest);
  return [...parts, ...(optional === '?' ? [rest] : [])].flatMap(withoutLeadingGroup);
}

function topLevelAlternatives(inner: string): string[] {
  const parts: string[] = [];
  let part = '';
  let depth = 0;
  for (const char of inner) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === '|' && depth === 0) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  return [...parts, part];
}
