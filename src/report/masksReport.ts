import { readText } from '../corpus/readText.js';
import { recordContent } from '../corpus/recordContent.js';
import {
  assertLines,
  isRecordPath,
  parseRecord,
  SourceError,
  sourceRecords,
} from '../corpus/sourceRecords.js';
import { fileByFile, type ScannedFile } from './fileByFile.js';
import { maskLine, type MaskLine, type NamedTokenizer } from './maskLine.js';
import { maskedFields, maskedText } from './payloadSpans.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { terminalJson } from './terminalText.js';

/** One JSON line for each text that has something to mask from the loss. Reads those texts again. */
export function masksReport(write: WriteText, tokenizer: () => Promise<NamedTokenizer>): ReportWriter {
  return fileByFile({
    async file(file) {
      if (file.payloads.size === 0) return;
      const lines = isRecordPath(file.path)
        ? recordLines(file, await tokenizer())
        : textLines(file, await tokenizer());
      for await (const line of lines) await write(`${terminalJson(line)}\n`);
    },
    end: () => Promise.resolve(),
  });
}

async function* textLines(file: ScannedFile, tokenizer: NamedTokenizer): AsyncGenerator<MaskLine> {
  const { path, payloads, header } = file;
  const read = await readText(path, header.options.maxFileSize);
  if (read.kind === 'skipped') throw new SourceError(`cannot be read again: ${read.detail}`);
  yield maskLine({ path }, maskedText(read.text, payloads.get(0) ?? []), tokenizer);
}

async function* recordLines(file: ScannedFile, tokenizer: NamedTokenizer): AsyncGenerator<MaskLine> {
  const { path, payloads, header, lines } = file;
  let last = 0;
  for await (const { number, bytes } of sourceRecords(path)) {
    last = number;
    const inRecord = payloads.get(number);
    if (inRecord === undefined) continue;
    const record = parseRecord(bytes, number);
    const { id } = recordContent(record, header.options.textField);
    const origin = { path, record: number, ...(id === undefined ? {} : { id }) };
    for (const masked of maskedFields(record, inRecord)) yield maskLine(origin, masked, tokenizer);
  }
  assertLines(last, lines);
}
