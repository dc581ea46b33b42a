import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { schemaNames, schemaText } from '../../src/cli/schemaCommand.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { buildFakeCli, runCli } from './fakeProcess.js';

beforeAll(buildFakeCli);

function validator(name: (typeof schemaNames)[number]) {
  return new Ajv2020({ strict: true, allowUnionTypes: true }).compile(JSON.parse(schemaText(name)) as object);
}

describe('backfire schema', () => {
  it.each(schemaNames)('docs/schema/%s.schema.json is what the command prints', async (name) => {
    const published = readFileSync(new URL(`../../docs/schema/${name}.schema.json`, import.meta.url), 'utf8');
    expect(schemaText(name), `npm run -s backfire -- schema ${name} > docs/schema/${name}.schema.json`).toBe(
      published,
    );
    expect((await runCli(['schema', name])).stdout).toBe(published);
  });

  it('holds for every line of a report', async () => {
    const folder = temporaryFolder({
      'a.md': 'BAD: a\nhigh\nBAD: b\nunscorable\n',
      'b.jsonl': '{"id":"r","text":"BAD: c\\nlow"}\n{oops\n{"bad_code":"eval(1)"}\n',
    });
    const { stdout } = await runCli(['scan', join(folder), '--format', 'jsonl', '--min-level', 'none']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    const [isLine, isFinding] = [validator('scan-line'), validator('finding')];
    for (const line of lines) expect(isLine(line), JSON.stringify([line, isLine.errors])).toBe(true);
    const findings = lines.filter((line) => line.type === 'finding');
    expect(findings.length).toBe(4);
    for (const finding of findings) expect(isFinding(finding), JSON.stringify(isFinding.errors)).toBe(true);
    expect(isFinding({ ...findings[0], extra: 1 })).toBe(false);
  });

  it('holds for what score takes and gives', async () => {
    const [isInput, isLine] = [validator('score-input'), validator('score-line')];
    const input = { text: 'BAD\nhigh', frame: [0, 3], payload: { start: 4, end: 8 } };
    expect(isInput(input)).toBe(true);
    expect(isInput({ ...input, payload: [1] })).toBe(false);
    const { stdout } = await runCli(['score', '-', '--tokens'], `${JSON.stringify(input)}\n{\n`);
    for (const line of stdout.trimEnd().split('\n'))
      expect(isLine(JSON.parse(line)), JSON.stringify(isLine.errors)).toBe(true);
  });
});
