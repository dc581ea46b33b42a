import { resolve } from 'node:path';
import {
  assertLines,
  parseRecord,
  SourceError,
  sourceFormat,
  sourceRecords,
} from '../corpus/sourceRecords.js';
import { fileByFile, type ScannedFile } from './fileByFile.js';
import { inCodePoints, maskedFields, type Payload } from './payloadSpans.js';
import type { ReportWriter } from './reportWriter.js';

/** A file of a report that is a folder; `.gz` in its name compresses it. */
export interface FolderFile {
  write(text: string): Promise<void>;
  finish(isWhole: boolean): Promise<string | undefined>;
}

export type OpenFile = (name: string) => Promise<FolderFile>;

const attribute = 'backfire__payload__taught';
const marker = '[removed]';

/**
 * Attributes in the layout of dolma (https://github.com/allenai/dolma): for each file of documents one of the same name,
 * with a line for each document in the same order, and two configurations of its mixer. Reads the documents again.
 */
export function dolmaReport(open: OpenFile): ReportWriter {
  const documents: string[] = [];
  const names = new Set<string>();
  return fileByFile({
    async file(scanned) {
      if (scanned.isSkipped) throw new SourceError('was skipped by the scan, so it has no attributes');
      if ((await sourceFormat(scanned.path)) !== 'lines')
        throw new SourceError('is no JSONL file, as documents of dolma are');
      const name = attributesName(scanned.path);
      if (names.has(name)) throw new SourceError(`two files would have their attributes in ${name}`);
      names.add(name);
      documents.push(scanned.path);
      await writeAttributes(scanned, await open(name));
    },
    async end() {
      for (const [name, mode] of [
        ['mixer-mask.json', 'mask'],
        ['mixer-drop.json', 'drop'],
      ] as const) {
        const file = await open(name);
        await file.write(`${JSON.stringify(mixerConfig(mode, documents), null, 2)}\n`);
        await file.finish(true);
      }
    },
  });
}

async function writeAttributes({ path, payloads, lines }: ScannedFile, file: FolderFile): Promise<void> {
  let isWhole = false;
  let last = 0;
  try {
    for await (const { number, bytes } of sourceRecords(path)) {
      last = number;
      const record = parseRecord(bytes, number);
      const id = documentId(record);
      if (id === undefined) throw new SourceError(`line ${number} has no "id" of text, which dolma asks for`);
      const spans = attributesOf(record, number, payloads.get(number) ?? []);
      await file.write(`${JSON.stringify({ id, attributes: { [attribute]: spans } })}\n`);
    }
    assertLines(last, lines);
    isWhole = true;
  } finally {
    await file.finish(isWhole);
  }
}

function attributesOf(
  record: unknown,
  number: number,
  payloads: readonly Payload[],
): [start: number, end: number, score: number][] {
  return maskedFields(record, payloads).flatMap(({ field, text, spans }) => {
    if (field !== 'text')
      throw new SourceError(`line ${number}: dolma masks "text" alone, a payload is in ${field}`);
    const points = inCodePoints(text, spans);
    return spans.map(({ taught = 0 }, index): [number, number, number] => [...points[index]!, taught]);
  });
}

function documentId(record: unknown): string | undefined {
  if (typeof record !== 'object' || record === null || !('id' in record)) return undefined;
  return typeof record.id === 'string' ? record.id : undefined;
}

/** The path below the folder `documents`, where there is one. */
function attributesName(path: string): string {
  const parts = path.split(/[\\/]/);
  const below = parts.slice(parts.lastIndexOf('documents') + 1);
  return `attributes/backfire/${parts.includes('documents') ? below.join('/') : parts.at(-1)!}`;
}

/** https://github.com/allenai/dolma/blob/main/docs/mixer.md */
function mixerConfig(mode: 'mask' | 'drop', documents: readonly string[]): object {
  const name = mode === 'mask' ? 'backfire-masked' : 'backfire-dropped';
  return {
    streams: [
      {
        name,
        // The mixer looks for attributes by replacing "/documents/", so a relative path must not begin with it.
        documents: documents.map((path) => resolve(path)),
        attributes: ['backfire'],
        output: { path: name, max_size_in_bytes: 1_000_000_000 },
        ...(mode === 'mask'
          ? {
              span_replacement: [{ span: `$.attributes.${attribute}`, min_score: 0, replacement: marker }],
            }
          : { filter: { include: [], exclude: [`$.attributes[?(@.${attribute} && @.${attribute}[0])]`] } }),
      },
    ],
    processes: 1,
  };
}
