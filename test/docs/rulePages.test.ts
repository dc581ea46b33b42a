import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findCandidates } from '../../src/analysis/frames/findCandidates.js';
import { rules, type RuleCode } from '../../src/analysis/frames/rules.js';
import { insertSuppression } from '../../src/analysis/suppressionInsertion.js';
import { grammars } from '../analysis/frames/find.js';

const folder = resolve('docs/rules');
const codes = Object.keys(rules) as RuleCode[];

function pageOf(code: RuleCode): string {
  return readFileSync(join(folder, `${code}.md`), 'utf8');
}

/** The first block in a fence under a heading. */
function blockUnder(page: string, heading: string): { info: string; content: string } {
  const pattern = new RegExp(`^## ${heading}\\n[\\s\\S]*?^(\`{3,})(\\w+)\\n([\\s\\S]*?)^\\1$`, 'mu');
  const match = pattern.exec(page);
  if (match === null) throw new Error(`no block under ${heading}`);
  return { info: match[2] ?? '', content: match[3] ?? '' };
}

describe('docs/rules', () => {
  it('has a page for each rule and no other', () => {
    expect(readdirSync(folder).sort()).toEqual([...codes.map((code) => `${code}.md`), 'README.md'].sort());
  });

  it('has an index of all of them, with what the rule says of itself', () => {
    const index = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const code of codes) expect(index).toMatch(new RegExp(`\\[\`${code}\`\\]\\(${code}\\.md\\)`, 'u'));
    for (const { description } of Object.values(rules)) expect(index).toContain(description);
  });

  it.each(codes)('%s: what the page says is found is found', async (code) => {
    const page = pageOf(code);
    expect(page.startsWith(`# ${rules[code].title}\n\nRule \`${code}\`.`)).toBe(true);
    for (const heading of ['Example', 'Not found', 'Suppress', 'Remedy'])
      expect(page).toContain(`\n## ${heading}\n\n`);
    const { info, content } = blockUnder(page, 'Example');
    const document = { text: content, path: `example.${info}` };
    const found = (await findCandidates(document, grammars)).filter(({ detection }) => detection >= 0.5);
    expect(found.map(({ rule }) => rule)).toEqual([code]);
    const [{ frame, payload }] = found as [(typeof found)[0]];
    const plain = page.replaceAll('`', '');
    expect(plain).toContain(`\n- frame: ${shown(content.slice(frame.start, frame.end))}\n`);
    expect(plain).toContain(`\n- payload, first line: ${shown(content.slice(payload.start, payload.end))}\n`);
    const insertion = insertSuppression(document, { frame, payload, rule: code });
    expect(insertion?.text.trim()).toBe(blockUnder(page, 'Suppress').content.trim());
  });

  it('links to pages that exist', () => {
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/gu))
        expect(existsSync(join(folder, target)), `${name}: ${target}`).toBe(true);
    }
  });
});

function shown(text: string): string {
  return (text.trim().split('\n')[0] ?? '').replaceAll('`', '');
}
