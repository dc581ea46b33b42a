import {
  cpSync,
  ftruncateSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as cacache from 'cacache';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/analysis/finding.js';
import { scanLineSchema, type ScanLine } from '../../src/corpus/scanLine.js';
import { temporaryFolder } from '../corpus/temporaryFolder.js';
import { startCli as start } from './runCli.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pack = join(root, 'models', 'smollm2-135m-instruct');

function linesOf(text: string): ScanLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => scanLineSchema.parse(JSON.parse(line)));
}

function findingsOf(lines: readonly ScanLine[]): Finding[] {
  return lines.filter((line): line is Finding => line.type === 'finding');
}

const guide = (name: string): string =>
  `# Guide\n\n## Bad\n\n\`\`\`python\n${name} = eval(request.args["${name}"])\nprint(${name})\n\`\`\`\n`;

/** The embedded pack by links, so that one file of it can be replaced. */
function packWith(change: (folder: string) => void): string {
  const folder = temporaryFolder();
  for (const file of readdirSync(pack)) symlinkSync(join(pack, file), join(folder, file));
  change(folder);
  return folder;
}

describe('backfire with its model', { timeout: 300_000 }, () => {
  it('measures what it finds among bad input of every kind', async () => {
    const folder = temporaryFolder({
      'binary.md': Buffer.from([0, 1, 2]),
      'bom.md': `\ufeff${guide('first')}`,
      'empty.md': '',
      'invalid.md': Buffer.concat([Buffer.from([0xc3, 0x28, 0x0a]), Buffer.from(guide('second'))]),
      'long.md': `## Bad\n\n\`\`\`python\n${'total = total + eval(entry)\n'.repeat(45)}\`\`\`\n`,
      'records.jsonl': [
        JSON.stringify({ id: 'r1', text: guide('third') }),
        '{"text": broken',
        `{"id":"r3","text":"## Bad \\ud83d\\n\\n\`\`\`js\\neval('\\udc00' + input)\\n\`\`\`\\n"}`,
      ].join('\n'),
      'frame-at-end.py': 'x = 1\n# BAD: nothing follows',
    });
    const huge = openSync(join(folder, 'huge.js'), 'w');
    ftruncateSync(huge, 200_000_000);
    closeSync(huge);
    const { code, stdout, stderr } = await start([
      'scan',
      folder,
      '--format',
      'jsonl',
      '--min-level',
      'none',
      '--quiet',
    ]).ended;
    expect([code, stderr]).toEqual([3, '']);
    const lines = linesOf(stdout);
    const skipped = lines.flatMap((line) =>
      line.type === 'skipped' ? [`${line.path.slice(folder.length + 1)} ${line.reason}`] : [],
    );
    expect(skipped).toEqual(['binary.md binary', 'huge.js too-large', 'records.jsonl malformed-json']);
    const findings = findingsOf(lines);
    const places = findings.map((finding) => finding.source.path.slice(folder.length + 1));
    expect(places).toEqual(['bom.md', 'invalid.md', 'long.md', 'records.jsonl', 'records.jsonl']);
    for (const { measures } of findings) {
      expect(measures?.spanNll).toBeGreaterThan(0);
      expect(measures?.teachRatio?.value).toBeTypeOf('number');
    }
    // The mark is no part of the text: the span is that of the same file without it.
    expect(guide('first').slice(findings[0]?.payload.start, findings[0]?.payload.end)).toContain(
      'first = eval',
    );
    expect(findings[2]?.notes.join()).toContain('window');
    expect(findings[3]).toMatchObject({ id: 'r1', source: { record: 1 } });
    expect(lines.find((line) => line.type === 'unit' && line.path.endsWith('invalid.md'))).toMatchObject({
      notes: ['bytes that are not UTF-8 were replaced by U+FFFD'],
    });
  });

  it('scores lines in order', async () => {
    const input = [
      '{"id":1,"text":"Never do this:\\neval(input)","frame":[0,14],"payload":[15,26]}',
      '{',
      '{"text":"rm -rf /"}',
    ];
    const { code, stdout } = await start(['score', '-', '--quiet'], input.join('\n')).ended;
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { type: 'score', line: 1, id: 1, measures: { frameEffect: expect.any(Number) as number } },
      { type: 'error', line: 2, error: { code: 'malformed-json' } },
      { type: 'score', line: 3 },
    ]);
  });

  it('answers from the cache what an earlier run measured, and not when told not to', async () => {
    const cache = temporaryFolder();
    const input = '{"text":"Never do this:\\neval(input)","frame":[0,14],"payload":[15,26]}';
    const score = async (...more: string[]) => {
      const ended = await start(['score', '-', '--quiet', ...more], input, { BACKFIRE_CACHE: cache }).ended;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    };
    await score('--no-cache');
    expect(readdirSync(cache)).toEqual([]);
    const measured = await score();
    expect(await score()).toBe(measured);
    // The answer is the cache's: what is put there instead is what is told.
    const [key] = Object.keys(await cacache.ls(cache));
    const { data } = await cacache.get(cache, key!);
    await cacache.put(cache, key!, data.toString().replace(/"level":"\w+"/, '"level":"low"'));
    expect(JSON.parse(await score())).toMatchObject({ level: 'low' });
    expect(await score('--no-cache')).toBe(measured);
  });

  it('serves', async () => {
    const requests = [
      { id: 1, method: 'info' },
      { id: 2, method: 'scan', params: { text: guide('x'), path: 'x.md' } },
    ];
    const { code, stdout } = await start(
      ['serve', '--stdio'],
      requests.map((each) => `${JSON.stringify(each)}\n`).join(''),
    ).ended;
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: number; result: Record<string, unknown> });
    expect(answers.find((answer) => answer.id === 1)?.result['pack']).toContain('smollm2');
    expect(answers.find((answer) => answer.id === 2)?.result).toMatchObject({
      findings: [{ source: { path: 'x.md', line: 6 } }],
    });
  });

  it('needs no engine where nothing is found', async () => {
    const folder = temporaryFolder({ 'a.md': 'All is well.\n' });
    const { code, stdout } = await start(['scan', folder]).ended;
    expect(code).toBe(0);
    expect(stdout).toContain('No warning-framed demonstration found.');
  });

  it('keeps what was done on Ctrl-C, and goes on from there', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index + 100}`);
    const folder = temporaryFolder(Object.fromEntries(names.map((name) => [`${name}.md`, guide(name)])));
    const output = join(temporaryFolder(), 'report.jsonl');
    const args = ['scan', folder, '--format', 'jsonl', '--min-level', 'none', '--output', output, '--resume'];
    const { child, ended } = start(args);
    const done = (): string => {
      try {
        return readFileSync(`${output}.partial`, 'utf8');
      } catch {
        return '';
      }
    };
    while (!done().includes('"type":"unit"') && child.exitCode === null)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    const before = findingsOf(linesOf(done()));
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(names.length);
    expect((await start(args).ended).code).toBe(0);
    const after = findingsOf(linesOf(readFileSync(output, 'utf8')));
    expect(after.map((finding) => finding.source.path)).toEqual(
      names.map((name) => join(folder, `${name}.md`)),
    );
  });

  it('imports a pack into the data folder, and says how to use it', async () => {
    const data = temporaryFolder({});
    const { code, stdout } = await start(['pack', 'import', pack], '', { BACKFIRE_DATA: data }).ended;
    expect(code).toBe(0);
    const copy = /--pack (.*)$/m.exec(stdout)?.[1] ?? '';
    expect(copy.startsWith(join(data, 'packs', 'smollm2-135m-instruct'))).toBe(true);
    expect((await start(['pack', 'check', copy]).ended).code).toBe(0);
  });

  describe('with a pack that is not what it says', () => {
    it.each([
      ['a missing file', 'embedding.bin', (folder: string) => rmSync(join(folder, 'embedding.bin'))],
      [
        'a file altered in length',
        'tokenizer.json',
        (folder: string) => {
          rmSync(join(folder, 'tokenizer.json'));
          writeFileSync(join(folder, 'tokenizer.json'), '{}');
        },
      ],
      [
        'a file altered in one byte',
        'head.onnx',
        (folder: string) => {
          rmSync(join(folder, 'head.onnx'));
          cpSync(join(pack, 'head.onnx'), join(folder, 'head.onnx'));
          const content = readFileSync(join(folder, 'head.onnx'));
          content[100] = (content[100] ?? 0) ^ 1;
          writeFileSync(join(folder, 'head.onnx'), content);
        },
      ],
    ])('refuses %s by name and hash', async (_, file, change) => {
      const folder = packWith(change);
      const corpus = temporaryFolder({ 'a.md': guide('x') });
      for (const args of [
        ['pack', 'check', folder],
        ['pack', 'import', folder],
        ['scan', corpus, '--pack', folder],
      ]) {
        const { code, stderr } = await start(args, '', { BACKFIRE_DATA: join(corpus, 'data') }).ended;
        expect(code, args[0]).toBe(2);
        expect(stderr).toContain(file);
        expect(stderr).toMatch(/[0-9a-f]{64}/);
      }
    });
  });
});
