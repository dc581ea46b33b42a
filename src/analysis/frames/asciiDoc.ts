import { splitLines, trimSpan, type Block, type Line } from './outline.js';

const sectionTitle = /^(={1,6})\s+(\S.*)$/u;
const attributeLine = /^\[(?!\[)([^\]]*)\]\s*$/u;
const blockTitle = /^\.(?![.\s])(\S.*)$/u;
const verbatimFence = /^(-{4,}|\.{4,}|`{3,}|\+{4,})(\w*)\s*$/u;
const containerFence = /^(={4,}|\*{4,}|_{4,}|--|\|===)\s*$/u;
const admonition = /^(NOTE|TIP|IMPORTANT|WARNING|CAUTION):\s/u;

/** Outline of AsciiDoc: sections, block titles and roles, listing blocks and containers. */
export function outlineAsciiDoc(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = splitLines(text);
  const containers: string[] = [];
  let attributes = '';
  let attributesLine: Line | undefined;
  let at = 0;

  const takeMarks = (line: Line) => {
    const marks = attributes;
    const marksSpan =
      attributesLine === undefined ? { start: line.start, end: line.start } : trimSpan(text, attributesLine);
    attributes = '';
    attributesLine = undefined;
    return {
      marks: marks.replace(/[.,#%]/gu, ' '),
      marksSpan,
      language: /^source\s*,\s*([\w#+-]+)/u.exec(marks)?.[1] ?? '',
    };
  };

  while (at < lines.length) {
    const line = lines[at];
    if (line === undefined) break;
    at++;
    const clipped = line.text.length > 1000 ? '' : line.text;
    const title = sectionTitle.exec(clipped);
    const verbatim = verbatimFence.exec(clipped);
    const container = containerFence.exec(clipped);
    if (line.indent === Infinity) continue;
    if (title !== null) {
      const heading = (title[2] ?? '').replace(/\[\[[^\]]*\]\]/gu, '').trim();
      blocks.push({
        kind: 'heading',
        span: trimSpan(text, line),
        level: title[1]?.length ?? 1,
        text: heading,
      });
    } else if (attributeLine.test(clipped)) {
      attributes = attributeLine.exec(clipped)?.[1] ?? '';
      attributesLine = line;
    } else if (verbatim !== null) {
      let end = at;
      while (end < lines.length && lines[end]?.text.trimEnd() !== verbatim[1]) end++;
      const first = lines[at];
      const last = lines[end - 1];
      const marks = takeMarks(line);
      const language = marks.language === '' ? (verbatim[2] ?? '') : marks.language;
      if (first !== undefined && last !== undefined && end > at) {
        blocks.push({
          kind: 'code',
          span: { start: first.start, end: last.end },
          language,
          marks: marks.marks,
          marksSpan: marks.marksSpan,
        });
      }
      at = end + 1;
    } else if (container !== null) {
      const delimiter = container[1] ?? '';
      if (containers.at(-1) === delimiter) {
        containers.pop();
        blocks.push({ kind: 'close' });
      } else {
        containers.push(delimiter);
        const { marks, marksSpan } = takeMarks(line);
        blocks.push({ kind: 'open', span: marksSpan, label: marks, means: 'container' });
      }
    } else if (blockTitle.test(clipped)) {
      blocks.push({
        kind: 'paragraph',
        span: trimSpan(text, line),
        text: blockTitle.exec(clipped)?.[1] ?? '',
      });
    } else {
      const first = line;
      let last = line;
      while (at < lines.length && !endsParagraph(lines[at])) last = lines[at++] ?? last;
      const span = trimSpan(text, { start: first.start, end: last.end });
      blocks.push({
        kind: 'paragraph',
        span,
        text: text.slice(span.start, span.end).replace(admonition, ''),
      });
    }
  }
  while (containers.pop() !== undefined) blocks.push({ kind: 'close' });
  return blocks;
}

function endsParagraph(line: Line | undefined): boolean {
  if (line === undefined || line.indent === Infinity) return true;
  if (line.text.length > 1000) return false;
  return verbatimFence.test(line.text) || containerFence.test(line.text) || attributeLine.test(line.text);
}
