/**
 * Examples for the trained stage of detection, one JSON line each: the features of every block of code that only prose
 * can judge, with its label. Usage: proseExamples CORPORA OUTPUT [MORE.jsonl …]
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outlineAsciiDoc } from '../src/analysis/frames/asciiDoc.js';
import { documentKind } from '../src/analysis/frames/documentKind.js';
import { outlineHtml } from '../src/analysis/frames/html.js';
import { judgeCode } from '../src/analysis/frames/linkBlocks.js';
import { outlineMarkdown } from '../src/analysis/frames/markdown.js';
import type { Block } from '../src/analysis/frames/outline.js';
import { proseFeatures, type ProseContext } from '../src/analysis/frames/proseFeatures.js';
import { outlineIndentedText } from '../src/analysis/frames/restructuredText.js';
import type { LabelledItem } from './labelledItem.js';

const [corpora, output, ...more] = process.argv.slice(2);
if (corpora === undefined || output === undefined) {
  console.error('Usage: proseExamples CORPORA OUTPUT');
  process.exit(2);
}

const sidedComment =
  /(?:\/\/|#|--|\/\*|<!--)[^\n]{0,24}\b(?:bad|good|better|best|wrong|right|correct|incorrect|ok|not ok)\b|class="badcode"|^\s*(?:yes|no)\s*:/imu;
const lines: string[] = [];
for (const folder of ['dev', 'contrast']) {
  for (const file of readdirSync(join(corpora, folder))
    .filter((name) => name.endsWith('.jsonl'))
    .sort()) {
    for (const item of read<LabelledItem>(join(corpora, folder, file))) add(item, folder);
  }
}
for (const item of read<LabelledItem>('lab/data/detection-stress.jsonl'))
  add({ ...item, source: 'stress set' }, 'stress');
for (const file of more)
  for (const item of read<LabelledItem>(file)) add({ ...item, source: 'more' }, 'more');
for (const { text, label } of read<{ text: string; label: 'warned' | 'safe' }>('lab/data/lead-ins.jsonl')) {
  const context: ProseContext = {
    lead: text,
    earlier: '',
    heading: '',
    next: '',
    code: '',
    language: '',
    superseded: false,
    inDanger: false,
    inComment: false,
    codeBefore: 0,
  };
  write('lead-ins', 'lead-ins', 'lead-ins', label === 'warned', 0, context);
}
writeFileSync(output, lines.join(''));

function add(item: LabelledItem, folder: string): void {
  const truth = item.payload_span;
  for (const verdict of judgeCode(item.text, outlineOf(item))) {
    // Comments that take a side tell the parts of such a block apart; the prose is not about all of it.
    if (verdict.prose === undefined || sidedComment.test(verdict.prose.code)) continue;
    const { start, end } = verdict.code;
    const shared = truth === null ? 0 : Math.min(end, truth[1]) - Math.max(start, truth[0]);
    const isPayload = truth !== null && shared > 0.5 * (end - start);
    // What else stands in a warned text may be wrong as well, without being labelled.
    if (item.label === 'warned' && !isPayload) continue;
    write(
      item.id,
      item.source,
      folder,
      isPayload && item.label === 'warned',
      verdict.detection,
      verdict.prose,
    );
  }
}

function write(
  id: string,
  source: string,
  folder: string,
  warned: boolean,
  rules: number,
  context: ProseContext,
): void {
  const { places, values } = proseFeatures(context);
  const text = [context.heading, context.earlier, context.lead].filter((part) => part !== '').join('\n\n');
  lines.push(
    `${JSON.stringify({ id, source, folder, warned, rules, places, values, text, code: context.code, next: context.next })}\n`,
  );
}

function outlineOf({ text, path }: LabelledItem): Block[] {
  switch (documentKind({ text, path }).kind) {
    case 'markdown':
      return outlineMarkdown(text);
    case 'restructuredText':
      return outlineIndentedText(text, { language: '', freeForm: false });
    case 'asciiDoc':
      return outlineAsciiDoc(text);
    case 'html':
      return outlineHtml(text);
    default:
      return [];
  }
}

function* read<T>(path: string): Generator<T> {
  for (const line of readFileSync(path, 'utf8').split('\n')) if (line !== '') yield JSON.parse(line) as T;
}
