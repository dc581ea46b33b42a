import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { levels } from '../../src/analysis/levelNames.js';
import { rules } from '../../src/analysis/frames/rules.js';
import { kindNames } from '../../src/analysis/kind/kindNames.js';
import { skipReasons } from '../../src/corpus/scanLine.js';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const bundle = (path: string) => JSON.parse(read(path)) as Record<string, string>;

/** Words that the editor translates by variable: names that the analysis gives. */
const names = [
  ...levels,
  ...kindNames,
  ...skipReasons,
  ...Object.values(rules).map(({ title }) => title),
  'Selected text',
];

describe('every text of the editor', () => {
  const english = bundle('l10n/bundle.l10n.json');
  const german = bundle('l10n/bundle.l10n.de.json');

  it('stands in the bundles, and nothing else does', () => {
    const texts = new Set([...textsOfEditor(), ...names]);
    expect(Object.keys(english).sort()).toEqual([...texts].sort());
    expect(Object.keys(german).sort()).toEqual([...texts].sort());
  });

  it('is the English one itself, and keeps its places for values in German', () => {
    for (const [key, text] of Object.entries(english)) expect(text).toBe(key);
    for (const [key, text] of Object.entries(german)) expect(placesIn(text), key).toEqual(placesIn(key));
  });
});

describe('every text of the manifest', () => {
  const english = bundle('package.nls.json');
  const german = bundle('package.nls.de.json');

  it('is there in English and German, and nothing else is', () => {
    const used = [...read('package.json').matchAll(/"%([^"%]+)%"/g)].map(([, key]) => key);
    expect(Object.keys(english).sort()).toEqual([...new Set(used)].sort());
    expect(Object.keys(german)).toEqual(Object.keys(english));
  });

  it('leads to the same commands in both languages', () => {
    const targets = (text: string) => [...text.matchAll(/\]\(([^)]*)\)/g)].map(([, target]) => target);
    for (const [key, text] of Object.entries(english))
      expect(targets(german[key] ?? ''), key).toEqual(targets(text));
  });
});

/** First arguments of `l10n.t`. */
function textsOfEditor(): string[] {
  const folder = 'src/editor';
  return readdirSync(join(root, folder)).flatMap((file) => {
    const found: string[] = [];
    const source = ts.createSourceFile(file, read(join(folder, file)), ts.ScriptTarget.Latest);
    const visit = (node: ts.Node): void => {
      ts.forEachChild(node, visit);
      if (!ts.isCallExpression(node) || node.expression.getText(source) !== 'l10n.t') return;
      const [text] = node.arguments;
      if (text && ts.isStringLiteralLike(text)) found.push(text.text);
    };
    visit(source);
    return found;
  });
}

function placesIn(text: string): string[] {
  return (text.match(/\{\d\}/g) ?? []).sort();
}
