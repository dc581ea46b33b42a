import {
  type FoundExample,
  insertExample,
  piecesOf,
  strongestPlace,
} from '../analysis/features/topExamples.js';
import { usualKinds } from '../analysis/levels.js';
import { corpusTexts } from '../corpus/documents.js';
import { nothingDone } from '../corpus/unitInput.js';
import { readUnits } from '../corpus/units.js';
import { terminalLine } from '../report/terminalText.js';
import type { Host } from './host.js';
import { ProgressLine } from './progressLine.js';

export interface ExampleOptions {
  /** Files and folders to find the strongest examples in. */
  readonly examples?: readonly string[];
  readonly maxFileSize: number;
  readonly ignore: boolean;
  readonly textField?: string;
  readonly quiet?: boolean;
  readonly threads?: number;
}

const mostExamples = 10;

/** The strongest place of each piece of the texts; the model reads all of them. */
export async function ownExamples(
  feature: number,
  options: ExampleOptions,
  packFolder: string,
  host: Host,
): Promise<FoundExample[]> {
  const { examples: paths, threads } = options;
  if (paths === undefined) return [];
  const progress = new ProgressLine(host.stderr, {
    isQuiet: options.quiet === true,
    first: 'loading the model …',
  });
  const engine = host.startFeatureEngine({
    packFolder,
    ...(threads === undefined ? {} : { threads }),
  });
  const found: FoundExample[] = [];
  try {
    let pieces = 0;
    const skipped = ({ path, detail }: { path: string; detail: string }): void => {
      progress.clear();
      if (options.quiet !== true)
        host.stderr.write(`${terminalLine(path)} was not read: ${terminalLine(detail)}\n`);
    };
    for await (const { path, record, text } of corpusTexts(unitsOf(paths, options, host), options, skipped)) {
      for (const piece of piecesOf(text)) {
        if (host.signal.aborted) return found;
        const reading = await engine.readFeatures(
          { text: piece.text, most: 1, latents: [feature] },
          { signal: host.signal },
        );
        progress.update(`${++pieces} pieces of text read · ${path}`);
        const strongest = strongestPlace(piece.text, reading);
        if (strongest === undefined) continue;
        const { offset, ...rest } = strongest;
        const line = text.slice(0, piece.start + offset).split('\n').length;
        insertExample(
          found,
          { path, ...(record === undefined ? {} : { record }), line, ...rest },
          mostExamples,
        );
      }
    }
  } catch (error) {
    if (!host.signal.aborted) throw error;
  } finally {
    progress.stop();
    await engine.dispose();
  }
  return found;
}

function unitsOf(paths: readonly string[], options: ExampleOptions, host: Host) {
  const { maxFileSize, ignore, textField } = options;
  return readUnits({
    paths,
    options: {
      minLevel: 'none',
      kinds: [...usualKinds],
      minDetection: 0,
      maxFileSize,
      ignoreFiles: ignore,
      ...(textField === undefined ? {} : { textField }),
    },
    done: nothingDone,
    stdin: { name: '', chunks: host.stdin },
    leaveOut: [],
  });
}
