import type { LanguageModel } from '../../model/languageModel.js';
import { layOut } from '../../model/layout.js';
import type { ForwardRun } from './forwardRun.js';
import { intoRuns, type RunSize, runTokens } from './runs.js';
import { type RunText, trainedTexts, type VersionSet } from './versionSet.js';

/** Texts of one set that go backwards together, with the set's query. */
interface Unit {
  readonly set: number;
  readonly texts: readonly RunText[];
  readonly query: RunText;
}

/** Place of a text's products in those of a backward run. */
interface Part {
  readonly text: RunText;
  readonly row: number;
  readonly column: number;
  readonly queries: number;
}

/**
 * Gradient products of every text of a run with its set's query, [text tokens − 1, payload tokens] by text. A backward run
 * shares no prefixes: what a token has to answer for depends on what follows it.
 */
export async function grade(model: LanguageModel, run: ForwardRun): Promise<Map<RunText, Float32Array>> {
  const products = new Map<RunText, Float32Array>();
  for (const units of intoRuns(run.sets.flatMap(unitsOf), unitSize)) {
    for (const [text, own] of await gradeUnits(model, run, units)) products.set(text, own);
  }
  return products;
}

/** A set whose texts are too long for one run goes text by text, each with the query again. */
function unitsOf(set: VersionSet, index: number): Unit[] {
  const unit = { set: index, texts: trainedTexts(set), query: set.query };
  if (unitSize(unit).tokens <= runTokens) return [unit];
  return unit.texts.map((text) => ({ ...unit, texts: [text] }));
}

function unitSize({ texts, query }: Unit): RunSize {
  const lengths = [...texts, query].map(({ encoding }) => encoding.ids.length);
  return { longest: Math.max(...lengths), tokens: lengths.reduce((a, b) => a + b, 0) };
}

async function gradeUnits(
  model: LanguageModel,
  run: ForwardRun,
  units: readonly Unit[],
): Promise<[RunText, Float32Array][]> {
  const versions = units.flatMap(({ set, texts, query }) => [...texts, query].map((text) => ({ set, text })));
  const layout = layOut(versions.map(({ text }) => ({ ids: text.encoding.ids })));
  const width = model.pack.manifest.model.hidden;
  const error = new Float32Array(layout.ids.length * width);
  const tokens: number[] = [];
  const startOf = new Map<RunText, number>();
  for (const { set, text } of versions) {
    startOf.set(text, tokens.length);
    for (let position = 0; position < text.encoding.ids.length; position++) {
      // A token answers for the one after it.
      const own = position + 1 < text.encoding.ids.length ? run.error(set, text, position + 1) : undefined;
      if (own) error.set(own, tokens.length * width);
      tokens.push(run.token(set, text, position));
    }
  }
  const queries: number[] = [];
  const parts: Part[] = [];
  for (const { texts, query } of units) {
    const { start, end } = query.payload;
    const place = { column: queries.length, queries: end - start };
    for (let position = start; position < end; position++) queries.push(startOf.get(query)! + position - 1);
    parts.push(...texts.map((text) => ({ text, row: startOf.get(text)!, ...place })));
  }
  const products = await model.products(run.states, { tokens, layout, error, queries });
  return parts.map((part) => [part.text, partOf(products, queries.length, part)]);
}

function partOf(products: Float32Array, columns: number, { text, row, column, queries }: Part): Float32Array {
  const rows = text.encoding.ids.length - 1;
  const own = new Float32Array(rows * queries);
  for (let i = 0; i < rows; i++) {
    const start = (row + i) * columns + column;
    own.set(products.subarray(start, start + queries), i * queries);
  }
  return own;
}
