import { writeFileSync } from 'node:fs';
import { findCandidates } from '../src/analysis/frames/findCandidates.js';
import { measureSamples } from '../src/analysis/measure/measures.js';
import { sampleOf } from '../src/analysis/sampleWindow.js';
import { loadGrammars } from '../src/model/grammars.js';
import { LanguageModel } from '../src/model/languageModel.js';
import { loadPack } from '../src/model/pack.js';
import { readExamples } from './texts.js';
const files = readExamples(process.argv[2]!);
const grammars = loadGrammars('dist/grammars');
const model = await LanguageModel.open(await loadPack('models/smollm2-135m-instruct'), { threads: 1 });
let seed = 7; const rnd = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
const bySrc = new Map<string, any[]>();
for (const f of files) {
  const src = f.path.replace(/^.*dev-raw\//,'').split('/')[0]!;
  for (const c of await findCandidates(f, grammars)) if (c.detection >= 0.5) bySrc.set(src, [...(bySrc.get(src) ?? []), { f, c }]);
}
const rows: any[] = [];
for (const [src, list] of bySrc) for (let i = 0; i < 8 && list.length; i++) {
  const [{ f, c }] = list.splice(Math.floor(rnd() * list.length), 1);
  const { sample } = sampleOf(f, c);
  if (sample.text.length > 1500) continue;
  const first = Math.min(sample.frame!.start, sample.payload!.start);
  const row: any = { src, len: sample.text.length, first };
  for (const keep of [300, 150, 80, 0]) {
    let start = Math.max(0, first - keep);
    if (start > 0) { const nl = sample.text.indexOf('\n', start - 1); start = nl !== -1 && nl < first ? nl + 1 : keep === 0 ? first : start; }
    const move = (s: any) => ({ start: s.start - start, end: s.end - start });
    const s = { ...sample, text: sample.text.slice(start), frame: move(sample.frame), payload: move(sample.payload) };
    const [r] = await measureSamples(model, [s]) as any;
    row[keep] = r.kind === 'measured' ? { taught: r.measures.taught.value, ratio: r.measures.teachRatio?.value, fe: r.measures.frameEffect, level: r.level, nll: r.measures.spanNll } : null;
  }
  rows.push(row);
}
writeFileSync('/tmp/context.json', JSON.stringify(rows));
