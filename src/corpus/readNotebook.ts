import { z } from 'zod';
import { ReadError } from './fileErrors.js';
import { TextJoiner, type TextPart } from './joinedText.js';

const cellSchema = z.object({
  cell_type: z.string(),
  source: z.union([z.string(), z.array(z.string())]).optional(),
  /** The name of `source` before version 4 of the format. */
  input: z.union([z.string(), z.array(z.string())]).optional(),
});
const notebookSchema = z.object({
  cells: z.array(cellSchema).optional(),
  worksheets: z.array(z.object({ cells: z.array(cellSchema) })).optional(),
  metadata: z
    .object({
      kernelspec: z.object({ language: z.string().optional() }).optional(),
      language_info: z.object({ name: z.string().optional() }).optional(),
    })
    .optional(),
});

/**
 * A Jupyter notebook as one Markdown document: Markdown cells as they are, code cells as fences in the language of the
 * kernel, without outputs and raw cells. The parts name the cells: `cells.3.source`.
 *
 * @throws ReadError if it is no notebook
 */
export function notebookDocument(json: string): { text: string; parts: readonly TextPart[] } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new ReadError('malformed-json', error instanceof Error ? error.message : String(error));
  }
  const parsed = notebookSchema.safeParse(value);
  if (!parsed.success) throw new ReadError('corrupt', `no notebook: ${z.prettifyError(parsed.error)}`);
  const { cells, worksheets, metadata } = parsed.data;
  const language = metadata?.kernelspec?.language ?? metadata?.language_info?.name ?? 'python';
  const joiner = new TextJoiner();
  const addCells = (some: readonly z.infer<typeof cellSchema>[], at: string): void => {
    for (const [index, cell] of some.entries())
      addCell(joiner, cell, `${at}.${index}`, language.toLowerCase());
  };
  addCells(cells ?? [], 'cells');
  for (const [index, sheet] of (worksheets ?? []).entries())
    addCells(sheet.cells, `worksheets.${index}.cells`);
  return { text: joiner.text, parts: joiner.parts };
}

function addCell(
  joiner: TextJoiner,
  { cell_type: type, source, input }: z.infer<typeof cellSchema>,
  at: string,
  language: string,
): void {
  const lines = source ?? input ?? '';
  const text = typeof lines === 'string' ? lines : lines.join('');
  if (text.trim() === '') return;
  const field = `${at}.${source === undefined ? 'input' : 'source'}`;
  if (type === 'markdown') {
    joiner.add(field, text).glue('\n\n');
  } else if (type === 'code') {
    const fence = fenceFor(text);
    joiner.glue(`${fence}${language}\n`).add(field, text).glue(`\n${fence}\n\n`);
  }
}

/** Longer than any run of backticks in the text. */
function fenceFor(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/gu) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}
