/**
 * What a terminal would obey or hide instead of showing: C0 and C1 controls except tab and line feed, bidirectional
 * controls, zero-width and invisible characters, line separators, tags, lone surrogates. The joiners U+200C and
 * U+200D stay: scripts and emoji need them.
 */
const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Text of a file made harmless for a terminal: every such character is spelled out as `\x1b` or `\u{202e}`. */
export function terminalText(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** The same for one line: tabs become two spaces, line breaks are spelled out. */
export function terminalLine(text: string): string {
  return terminalText(text.replaceAll('\t', '  ')).replaceAll('\n', '\\n');
}

/**
 * JSON for a stream that may be a terminal: what JSON leaves as it is but a terminal would obey is written as
 * `\uXXXX`. The parsed value is the same.
 */
export function terminalJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Columns that a terminal gives a text: 2 for wide East Asian characters and emoji, 0 for marks. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

/** Cuts to so many columns, with an ellipsis where something is lost. */
export function fitColumns(text: string, columns: number): string {
  let used = 0;
  let end = 0;
  let fitting = 0;
  for (const character of text) {
    used += columnsOfCharacter(character);
    if (used > columns) return `${text.slice(0, fitting)}…`;
    end += character.length;
    if (used < columns) fitting = end;
  }
  return text;
}

/** Breaks at spaces; a word that is longer than a line stands alone and is cut. */
export function wrapColumns(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (columnsOf(longer) <= columns || line === '') {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines.map((each) => fitColumns(each, columns));
}

function columnsOfCharacter(character: string): number {
  if (/[\p{Mn}\p{Me}\u200c\u200d\ufe0e\ufe0f]/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
