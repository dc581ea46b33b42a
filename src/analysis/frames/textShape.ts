import { judgeLabel } from './labels.js';

// Longer lines are neither labels nor hand-written code.
const longestLine = 400;

/** A line that does nothing but take a side: "Bad:", "# good", "❌ wrong", "Incorrect example:". */
export function isLabelLine(line: string): boolean {
  const text = line.trim();
  if (text === '' || text.length > 100) return false;
  const verdict = judgeLabel(text);
  return verdict !== undefined && (verdict.bare || (verdict.strength >= 0.8 && /[:：]$/u.test(text)));
}

const codePunctuation =
  /[;{}]\s*$|^\s*[}\])]|=>|->|::|[\w\])]\s*(?:[-+*/|&%]?=|:=)\s*\S|\w\(.*\)|\w\[\S+\]|^\s*(?:[@$.#<]\S|\/\/|--\s)|<\/?[a-zA-Z][\w-]*[^<>]*>|^\s*\w+\.\w+|\w\($/u;
const codeWord =
  /^\s*(?:if|for|while|return|def|class|function|func|fn|let|const|var|import|from|package|public|private|protected|static|int|void|char|float|double|string|bool|try|catch|except|raise|throw|switch|case|else|elif|end|do|struct|enum|interface|type|using|namespace|include|require|puts|print|echo|new|await|async|yield|with|select|insert|update|delete|sudo|curl|wget|git|npm|pip|docker|kubectl|rm|cd)\b/u;
const prose = /^\s*(?:[-*•]\s+)?\p{Lu}?[\p{L}'’]+(?:[ ,]+[\p{L}'’"`-]+){3,}[.,:;!?]?\s*$/u;

/** The share of lines that read as code, 0–1; 0 of none. */
export function codeShare(lines: readonly string[]): number {
  return lines.length === 0 ? 0 : lines.filter(looksLikeCode).length / lines.length;
}

/** Whether a line reads as code rather than prose. A guess from its punctuation. */
export function looksLikeCode(line: string): boolean {
  if (line.trim() === '' || line.length > longestLine) return false;
  if (prose.test(line) && !/[;{}=]/u.test(line)) return false;
  return codePunctuation.test(line) || codeWord.test(line);
}
