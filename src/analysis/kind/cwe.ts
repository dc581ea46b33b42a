import type { Cwe, Kind } from './kind.js';
import type { KindTexts } from './texts.js';

/**
 * Names of weaknesses that mean one number and no other (https://cwe.mitre.org). A name that covers several, such as
 * "buffer overflow" or "injection", is left out: no number is better than a guessed one.
 */
const namedWeaknesses: readonly (readonly [id: number, name: RegExp])[] = [
  [22, /\b(?:path|directory) traversal|\bzip ?slip/i],
  [78, /\b(?:(?:os )?command|shell) injection/i],
  [79, /\bcross[- ]site scripting|\bXSS\b/i],
  [89, /\bSQL injection/i],
  [90, /\bLDAP injection/i],
  [94, /\bcode injection/i],
  [113, /\b(?:HTTP )?response splitting|\bheader injection/i],
  [117, /\blog (?:injection|forging)/i],
  [134, /\bformat[- ]string (?:vulnerabilit|attack|injection)/i],
  [208, /\btiming attack/i],
  [
    295,
    /\b(?:disabl\w*|without|skip\w*|no|missing) (?:(?:TLS|SSL) )?certificate (?:validation|verification)/i,
  ],
  [352, /\bcross[- ]site request forgery|\b[CX]SRF\b/i],
  [367, /\bTOCTOU\b|\btime[- ]of[- ]check/i],
  [384, /\bsession fixation/i],
  [409, /\b(?:zip|decompression) bomb/i],
  [415, /\bdouble free/i],
  [416, /\buse[- ]after[- ]free/i],
  [502, /\binsecure deserialization|\bdeserialization of untrusted|\bunsafe deserialization/i],
  [601, /\bopen redirect/i],
  [611, /\bXXE\b|\bXML external entit/i],
  [643, /\bXPath injection/i],
  [776, /\bbillion laughs|\bentity expansion/i],
  [798, /\bhard-?coded (?:password|credential|secret|(?:API |private |encryption )?key)/i],
  [915, /\bmass assignment/i],
  [918, /\bserver[- ]side request forgery|\bSSRF\b/i],
  [943, /\bNoSQL injection/i],
  [1021, /\bclickjacking/i],
  [1321, /\bprototype pollution/i],
  [1333, /\bReDoS\b|\bcatastrophic backtracking/i],
  [1336, /\b(?:server[- ]side )?template injection/i],
];

const numbers = /\bCWE[-_ ]?(\d{1,4})\b|\bcwe\.mitre\.org\/data\/definitions\/(\d{1,4})\b/gi;

/**
 * The number that the frame names, else the one that the text beside it names; after that, for a matter of security, the number
 * of a weakness that they name in words. Where several stand side by side, none is chosen.
 */
export function cweOf({ frame, beside }: KindTexts, kind: Kind): Cwe | undefined {
  const places = [
    ['the frame', frame],
    ['the text beside it', beside],
  ] as const;
  for (const [place, text] of places) {
    const ids = new Set(Array.from(text.matchAll(numbers), (match) => Number(match[1] ?? match[2])));
    const id = only(ids);
    if (id !== undefined) return { id: `CWE-${id}`, reason: `${place} names CWE-${id}` };
    if (ids.size > 1) return undefined;
  }
  if (kind.name !== 'security') return undefined;
  for (const [place, text] of places) {
    const named = namedWeaknesses.filter(([, name]) => name.test(text));
    const one = only(named);
    if (one !== undefined) {
      const [words = ''] = one[1].exec(text) ?? [];
      return { id: `CWE-${one[0]}`, reason: `${place} says "${words}"` };
    }
    if (named.length > 1) return undefined;
  }
  return undefined;
}

function only<Item>(items: Iterable<Item>): Item | undefined {
  const [first, ...rest] = items;
  return rest.length === 0 ? first : undefined;
}
