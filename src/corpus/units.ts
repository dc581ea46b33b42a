import { resolve, sep } from 'node:path';
import { skipReasonOf } from './fileErrors.js';
import { readFile, readStream } from './readFile.js';
import { atStart } from './readLines.js';
import type { ScanOptions } from './scanLine.js';
import { ownerOf, parseShard } from './shards.js';
import type { Done, UnitInput } from './unitInput.js';
import { walk } from './walk.js';

export interface StandardInput {
  /** Chooses the format; without one, the content does. */
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface UnitSource {
  /** Files and folders; `-` is standard input. */
  readonly paths: readonly string[];
  readonly options: ScanOptions;
  readonly done: Done;
  readonly stdin: StandardInput;
  /** Absolute paths of files and folders that are never read: the report must not scan itself. */
  readonly leaveOut: readonly string[];
  /** Absolute paths of the files to read, where not all under `paths` are meant. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** Reads the paths one unit at a time; of a shard, only its own. */
export async function* readUnits(source: UnitSource): AsyncGenerator<UnitInput> {
  const { paths, options, done, stdin } = source;
  const shard = options.shard === undefined ? undefined : parseShard(options.shard);
  if (paths.includes('-')) yield* readStandardInput(stdin, options);
  const named = paths.filter((path) => path !== '-');
  for await (const entry of walk(named, options)) {
    const { path } = entry;
    if (!isMeant(resolve(path), source) || (entry.kind !== 'ignored' && done.isDone(path))) continue;
    const owns = ownerOf(shard, path);
    if (entry.kind === 'file') {
      yield* readFile({ path, name: path, options, from: done.startOf(path) ?? atStart, owns });
    } else if (owns(0)) {
      yield entry;
    }
  }
}

function isMeant(absolute: string, { leaveOut, only }: UnitSource): boolean {
  const isLeftOut = leaveOut.some((each) => absolute === each || absolute.startsWith(`${each}${sep}`));
  return !isLeftOut && (only === undefined || only.has(absolute));
}

async function* readStandardInput(
  { name, chunks }: StandardInput,
  options: ScanOptions,
): AsyncGenerator<UnitInput> {
  const path = name === '' ? '-' : name;
  try {
    yield* readStream({ path, name, options, from: atStart, owns: () => true }, chunks);
  } catch (error) {
    yield { kind: 'skipped', path, ...skipReasonOf(error) };
  }
}
