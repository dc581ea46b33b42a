import { skipReasonOf } from './fileErrors.js';
import type { Begun, InputLine } from './readLines.js';
import type { UnitInput } from './unitInput.js';

/** A block of records closes at the first border after so many bytes: the step of the checkpoint. */
const blockBytes = 256 * 1024;

/**
 * Cuts the records of one file into units. `owns` says by its first byte whether a block is this scan's to do; the
 * borders are the same for every shard. Where the reading fails, what was read by then comes out before the failure.
 */
export async function* recordBlocks(
  path: string,
  lines: AsyncIterable<InputLine>,
  from: Begun,
  owns: (byte: number) => boolean,
): AsyncGenerator<UnitInput> {
  let block: InputLine[] = [];
  let start = from.byte;
  let end = from.byte;
  let count = 0;
  let records = from.records;
  let isOwn = owns(start);
  const close = (last: boolean): UnitInput => ({
    kind: 'records',
    path,
    count,
    records: block,
    range: { start, end, records, last },
  });
  try {
    for await (const line of lines) {
      // Closed one line late, so that the last block knows that it is the last.
      if (end - start >= blockBytes) {
        if (isOwn) yield close(false);
        block = [];
        count = 0;
        start = end;
        isOwn = owns(start);
      }
      if (isOwn) block.push(line);
      count += 1;
      end = line.end;
      records = line.number;
    }
  } catch (error) {
    if (isOwn && count > 0) yield close(false);
    yield { kind: 'skipped', path, record: records + 1, ...skipReasonOf(error) };
    return;
  }
  if (isOwn) yield close(true);
}
