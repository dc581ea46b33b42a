import { readRecord } from './recordDocuments.js';
import type { ScanOptions, Skipped } from './scanLine.js';
import { type UnitInput } from './unitInput.js';

/** A text of a corpus, whole: a file, or a text of a record. */
export interface CorpusText {
  readonly path: string;
  /** 1-based number of the record. */
  readonly record?: number;
  readonly text: string;
}

/** What is read of a corpus without looking for findings; what can't be read is told. */
export async function* corpusTexts(
  units: AsyncIterable<UnitInput>,
  { maxFileSize, textField }: Pick<ScanOptions, 'maxFileSize' | 'textField'>,
  onSkipped: (skipped: Pick<Skipped, 'path' | 'detail'>) => void,
): AsyncGenerator<CorpusText> {
  for await (const unit of units) {
    const { path } = unit;
    if (unit.kind === 'text') yield { path, text: unit.text };
    else if (unit.kind === 'skipped') onSkipped(unit);
    else if (unit.kind === 'records') {
      for (const input of unit.records) {
        const read = readRecord(input, { path, maxBytes: maxFileSize, textField });
        if (read.kind === 'skipped') onSkipped({ path: `${path}:${input.number}`, detail: read.detail });
        if (read.kind !== 'texts') continue;
        for (const { document } of read.texts) yield { path, record: input.number, text: document.text };
      }
    }
  }
}
