import { recordContent } from './recordContent.js';

/** How the bytes of a file, unpacked, are read. */
export type Format = 'text' | 'lines' | 'array' | 'notebook' | 'parquet';

/** A format, or `json` where only a look inside tells which. */
const byExtension: Readonly<Record<string, Format | 'json'>> = {
  jsonl: 'lines',
  ndjson: 'lines',
  jsonlines: 'lines',
  json: 'json',
  ipynb: 'notebook',
  parquet: 'parquet',
};

/** So much of a file is looked at to tell its format; it should hold the first record. */
export const sniffedBytes = 256 * 1024;

/**
 * By content where that is certain, then by name, then by a look inside. A compressed file is named by what is inside
 * (`a.jsonl.gz`); `head` is what comes out of it.
 */
export function formatOf(name: string, head: Uint8Array): Format {
  if (Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1') return 'parquet';
  const extension = extensionOf(name.replace(/\.(?:gz|gzip|zst|zstd)$/iu, ''));
  const named = byExtension[extension] ?? (extension === '' ? 'json' : 'text');
  return named === 'json' ? formatOfJson(head) : named;
}

/** Whether a file of this name is JSONL as it stands, which can be read from anywhere. */
export function isPlainLines(name: string): boolean {
  return byExtension[extensionOf(name)] === 'lines';
}

function extensionOf(name: string): string {
  return /[^./\\]\.(\w+)$/u.exec(name)?.[1]?.toLowerCase() ?? '';
}

/** JSON is a list of records only where its first one has a text: other JSON is a text that a person wrote. */
function formatOfJson(head: Uint8Array): Format {
  const text = new TextDecoder()
    .decode(head)
    .replace(/^\ufeff/u, '')
    .trimStart();
  if (text.startsWith('{')) {
    const line = text.slice(0, (text.indexOf('\n') + 1 || text.length + 1) - 1);
    return isRecord(line) || isCut(line, head) ? 'lines' : 'text';
  }
  const first = /^\[\s*(?=\{)/u.exec(text);
  if (first === null) return 'text';
  const end = endOfObject(text, first[0].length);
  return end === undefined || isRecord(text.slice(first[0].length, end)) ? 'array' : 'text';
}

function isRecord(json: string): boolean {
  try {
    return recordContent(JSON.parse(json)).texts.length > 0;
  } catch {
    return false;
  }
}

/** A first line that goes on behind what was looked at: a document is on many lines. */
function isCut(line: string, head: Uint8Array): boolean {
  return head.length >= sniffedBytes && line.length > sniffedBytes / 2;
}

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  for (const { 0: token, index } of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/gsu)) {
    if (token === '{') depth += 1;
    else if (token === '}' && --depth === 0) return start + index + 1;
  }
  return undefined;
}
