import type { Candidate } from '../candidate.js';
import type { NodeAt } from './comments.js';
import { lineEnd, lineStart, splitLines, trimSpan, type Line } from './outline.js';

/**
 * Declarations whose very name warns: `bad_login` beside `good_login`, `insecureCompare`. A name alone is weak
 * evidence ("BadRequest"), so most words count only where the same file declares a counterpart that is called right.
 */
interface Declaration {
  readonly words: readonly string[];
  readonly name: string;
  /** Where its line begins, and where the declaration itself does. */
  readonly line: number;
  readonly start: number;
}

const badWord = /^(?:bad|insecure|vulnerable|vuln|unsafe|wrong|incorrect|noncompliant|buggy|flawed|naive)$/u;
const anyBadWord = /bad|insecure|vuln|unsafe|wrong|incorrect|noncompliant|buggy|flawed|naive/gi;
const goodWord =
  /^(?:good|secure|safe|fixed|correct|compliant|right|better|patched|hardened|sanitized|improved|g2b|b2g|good\w*)$/u;
/** Words that hardly occur in the name of anything that is meant to be used. */
const tellingWord = /^(?:insecure|vulnerable|vuln|noncompliant)$/u;
/** `isBad`, `test_wrong`, `rejectInvalid`: the name says what it looks for. */
const verb =
  /^(?:is|has|are|test|tests|should|check|checks|count|on|handle|get|set|report|detect|find|throw|raise|reject|allow|warn|when|if|mark|no|not)$/u;

const modifiers =
  '(?:(?:export|default|public|private|protected|internal|static|async|final|abstract|override|virtual|inline|open|pub)\\s+)*';
const declared = [
  new RegExp(
    `^\\s*${modifiers}(?:def|function\\*?|func(?:\\s*\\([^)]{0,80}\\))?|fn|fun|sub|class|struct|resource)\\s+"?(?:self\\.)?([A-Za-z_$][\\w$]*)`,
    'u',
  ),
  new RegExp(
    `^\\s*${modifiers}(?:const|let|var|val)\\s+([A-Za-z_$][\\w$]*)\\s*=\\s*(?:async\\s*)?(?:function\\b|\\(?[\\w\\s,]*\\)?\\s*=>)`,
    'u',
  ),
  /^\s*(?!return\b|else\b|new\b|throw\b|await\b|if\b|case\b)(?:[\w<>[\],.*&:?]{1,60}\s+){1,5}\**([A-Za-z_]\w*)\s*\([^;]*$/u,
];

const longestDeclaration = 200;

export function findWarningNames(text: string, nodeAt: NodeAt, language: string): Candidate[] {
  if (!declaresBad(text)) return [];
  const lines = splitLines(text);
  const declarations = lines.flatMap((line) => readDeclaration(line));
  const good = declarations.filter(({ words }) => takesSide(words, goodWord));
  return declarations.flatMap((declaration) => {
    const { words, name } = declaration;
    if (!takesSide(words, badWord)) return [];
    const rest = without(words, badWord);
    const twin =
      good.find((other) => without(other.words, goodWord) === rest) ?? (rest === '' ? good[0] : undefined);
    const detection = twin === undefined ? (words.some((word) => tellingWord.test(word)) ? 0.6 : 0) : 0.9;
    if (detection === 0) return [];
    const at = text.indexOf(name, declaration.start);
    const payload = trimSpan(text, {
      start: declaration.start,
      end: endOf(text, declaration, lines, nodeAt),
    });
    const beside = twin === undefined ? '' : ` beside "${twin.name}"`;
    return [
      {
        frame: { start: at, end: at + name.length },
        payload: { start: declaration.line, end: payload.end },
        language,
        rule: 'warning-name' as const,
        detection,
        reasons: [`name "${name}"${beside}`],
      },
    ];
  });
}

/** Looks at the lines that hold such a word alone: to read all declarations of a file costs as much as to scan its comments. */
function declaresBad(text: string): boolean {
  anyBadWord.lastIndex = 0;
  for (let match = anyBadWord.exec(text); match !== null; match = anyBadWord.exec(text)) {
    const end = lineEnd(text, match.index);
    const [line] = splitLines(text, lineStart(text, match.index), end);
    if (line !== undefined && readDeclaration(line).some(({ words }) => takesSide(words, badWord)))
      return true;
    anyBadWord.lastIndex = Math.max(end, anyBadWord.lastIndex);
  }
  return false;
}

function readDeclaration(line: Line): Declaration[] {
  if (line.indent === Infinity || line.text.length > longestDeclaration) return [];
  for (const pattern of declared) {
    const name = pattern.exec(line.text)?.[1];
    if (name === undefined) continue;
    const start = line.end - line.text.trimStart().length;
    return [{ name, words: wordsOf(name), line: line.start, start }];
  }
  return [];
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/gu, '$1_$2')
    .toLowerCase()
    .split(/[_$]+/u)
    .filter((word) => word !== '' && !/^\d+$/u.test(word));
}

/** The first or the last word judges; in the middle it belongs to something else. */
function takesSide(words: readonly string[], side: RegExp): boolean {
  const [first = ''] = words;
  return !verb.test(first) && (side.test(first) || side.test(words.at(-1) ?? ''));
}

function without(words: readonly string[], side: RegExp): string {
  return words.filter((word) => !side.test(word)).join(' ');
}

/** By the parser where there is one, else by indentation: to the first line that is not deeper, and its closing sign. */
function endOf(text: string, { start }: Declaration, lines: readonly Line[], nodeAt: NodeAt): number {
  const node = nodeAt(start);
  if (node !== undefined) return node.end;
  const at = lines.findIndex((line) => line.end >= start);
  const own = lines[at]?.indent ?? 0;
  let end = lineEnd(text, start);
  for (const line of lines.slice(at + 1)) {
    if (line.indent > own) {
      if (line.indent !== Infinity) end = line.end;
      continue;
    }
    if (/^\s*(?:[}\])]|end\b)/u.test(line.text)) end = line.end;
    break;
  }
  return end;
}
