import { readFile } from '../corpus/readFile.js';
import { atStart } from '../corpus/readLines.js';
import { recordContent } from '../corpus/recordContent.js';
import { assertLines, parseRecord, SourceError } from '../corpus/sourceRecords.js';
import type { RecordInput, UnitInput } from '../corpus/unitInput.js';
import { fileByFile, type ScannedFile } from './fileByFile.js';
import { maskLine, type MaskLine, type NamedTokenizer } from './maskLine.js';
import { maskedFields, maskedText, type MaskedText, type Payload } from './payloadSpans.js';
import type { ReportWriter, WriteText } from './reportWriter.js';
import { terminalJson } from './terminalText.js';

/** One JSON line for each text that has something to mask from the loss. Reads those texts again. */
export function masksReport(write: WriteText, tokenizer: () => Promise<NamedTokenizer>): ReportWriter {
  return fileByFile({
    async file(file) {
      if (file.payloads.size === 0) return;
      for await (const line of linesOf(file, await tokenizer())) await write(`${terminalJson(line)}\n`);
    },
    end: () => Promise.resolve(),
  });
}

/** Reads the file in the very way in which it was scanned, whatever its format. */
async function* linesOf(file: ScannedFile, tokenizer: NamedTokenizer): AsyncGenerator<MaskLine> {
  const { path, payloads, header, lines, isSkipped } = file;
  const { options } = header;
  const left = new Set(payloads.keys());
  let last = 0;
  for await (const unit of readFile({ path, name: path, options, from: atStart, owns: () => true })) {
    switch (unit.kind) {
      case 'text':
        left.delete(0);
        for (const masked of maskedCells(unit, payloads.get(0) ?? []))
          yield maskLine({ path }, masked, tokenizer);
        break;
      case 'records':
        last = unit.range.records;
        for (const record of unit.records) {
          const inRecord = payloads.get(record.number);
          if (inRecord === undefined) continue;
          left.delete(record.number);
          const value = valueOf(record);
          const { id } = recordContent(value, options.textField);
          const origin = { path, record: record.number, ...(id === undefined ? {} : { id }) };
          for (const masked of maskedFields(value, inRecord)) yield maskLine(origin, masked, tokenizer);
        }
        break;
      case 'skipped':
        // A row group that can't be read, or damage that the scan has met and told, too.
        if (unit.range === undefined && !isSkipped)
          throw new SourceError(`cannot be read again: ${unit.detail}`);
        last = unit.range?.records ?? last;
        break;
      case 'ignored':
        break;
    }
  }
  if (left.size > 0)
    throw new SourceError(`has no record ${Math.min(...left)} any more: scan the file again`);
  if (!isSkipped) assertLines(last, lines);
}

function valueOf(record: RecordInput): unknown {
  switch (record.kind) {
    case 'row':
      return record.value;
    case 'line':
      return parseRecord(Buffer.from(record.text), record.number);
    case 'too-long':
      throw new SourceError(`record ${record.number} is larger than before: scan the file again`);
  }
}

/** The masked texts of a file: itself, or the cells of a notebook. */
function maskedCells(
  { text, parts }: Extract<UnitInput, { kind: 'text' }>,
  payloads: readonly Payload[],
): MaskedText[] {
  if (parts === undefined) return [maskedText(text, payloads)];
  const fields = new Set(payloads.map(({ field }) => field));
  return [...fields].map((field) => {
    const part = parts.find((each) => each.field === field);
    if (part === undefined) throw new SourceError(`has no ${field} any more: scan the file again`);
    const inCell = payloads.filter((each) => each.field === field);
    return { ...maskedText(text.slice(part.start, part.end), inCell), field };
  });
}
