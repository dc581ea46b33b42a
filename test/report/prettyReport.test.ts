import { describe, expect, it } from 'vitest';
import type { RepeatedPayload } from '../../src/analysis/exposures.js';
import type { Finding } from '../../src/analysis/finding.js';
import { type HarmlessLine, noCounts, type Summary } from '../../src/corpus/scanLine.js';
import { ratioText } from '../../src/report/findingBlock.js';
import { createPalette, wantsColour } from '../../src/report/palette.js';
import { prettyReport } from '../../src/report/prettyReport.js';
import { columnsOf } from '../../src/report/terminalText.js';

const finding: Finding = {
  type: 'finding',
  id: 'x',
  fingerprint: '0123456789abcdef',
  source: { path: 'docs/guide.md', line: 12, column: 1 },
  text: {
    frame: '## Bad: values in the statement\n',
    payload: '    one = 1\n    two = 2\n\n    three = 3\n    four = 4\n    five = 5\n',
  },
  frame: { start: 0, end: 30 },
  payload: { start: 40, end: 80 },
  payloadKeys: { exact: '0123456789abcdef', near: `${'A'.repeat(171)}=` },
  rule: 'heading-before-code',
  language: 'python',
  kind: { name: 'security', probability: 0.94 },
  detection: 0.97,
  measures: {
    calibrated: false,
    payloadTokens: 22,
    spanNll: 1.607,
    frameEffect: -0.119,
    taught: { value: 0.87, low: 0.58, high: 1.17 },
    taughtBare: { value: 0.94, low: 0.62, high: 1.28 },
    teachRatio: { value: 0.93, low: 0.88, high: 1.02 },
  },
  level: 'medium',
  reasons: ['heading "## Bad" before the code'],
  remedies: ['mask the payload from the loss: taught 0.87 → 0.00 nats per token'],
  notes: [],
  pack: 'fake@1',
};

const summary: Summary = {
  type: 'summary',
  interrupted: false,
  resumed: false,
  files: 2,
  bytes: 12_345,
  records: { read: 0, scanned: 0, skipped: 0, blank: 0 },
  lost: 0,
  ignored: 3,
  stages: [
    { name: 'read', in: 2, out: 2, ms: 12 },
    { name: 'kind', in: 4, out: 4, ms: 7 },
    { name: 'measure', in: 4, out: 4, ms: 2345 },
  ],
  payloadTokens: 88,
  levels: { high: 1, medium: 1, low: 1, none: 1 },
  setAside: noCounts().setAside,
  listed: 3,
  exposures: { occurrences: 4, payloads: 4, repeated: 0, missed: 0, worst: [] },
  suppressed: { comment: 0, record: 0, baseline: 0 },
  skipped: {},
  ms: 2500,
  pack: 'fake@1',
};

async function reportOf(
  lines: readonly (Finding | HarmlessLine | Summary)[],
  columns = 100,
  hasColour = false,
): Promise<string> {
  let text = '';
  const report = prettyReport(
    (more) => {
      text += more;
      return Promise.resolve();
    },
    { columns, palette: createPalette(hasColour) },
  );
  for (const line of lines) await report.write(line);
  return text;
}

describe('prettyReport', () => {
  it('shows where, frame, payload, what it teaches, why and what helps', async () => {
    const [block] = (await reportOf([finding, summary])).split('\n\n');
    expect(block?.split('\n').map((line) => line.trimEnd())).toEqual([
      'MEDIUM security 0.94  docs/guide.md:12:1                       ratio ▕███████████░▏ 0.93 (0.88–1.02)',
      '  frame     ## Bad: values in the statement',
      '  payload   │ one = 1',
      '            │ two = 2',
      '            │ three = 3',
      '            │ … 2 more lines',
      '  teaches   0.87 nats/token (0.58–1.17) · without the frame 0.94 · span NLL 1.61 ·',
      '            frame effect −0.12 · 22 tokens *',
      '  why       heading "## Bad" before the code',
      '  remedy    mask the payload from the loss: taught 0.87 → 0.00 nats per token',
    ]);
  });

  it('says where a record and its field are', async () => {
    const source = { path: 'a.jsonl', record: 7, field: 'messages', line: 3, column: 1 };
    expect(await reportOf([{ ...finding, source }, summary])).toContain('a.jsonl:7 messages:3:1');
  });

  it('says how many measures the cache had, where the report says it', async () => {
    const measures = { cached: 3, computed: 1 };
    expect(await reportOf([finding, { ...summary, measures }])).toContain(
      '  measures: 3 from the cache, 1 computed\n',
    );
    expect(await reportOf([finding, summary])).not.toContain('from the cache');
  });

  it('says how varied the warnings are, harmlessly, where the report says it', async () => {
    const top = [
      { wording: 'bad', frames: 3 },
      { wording: '\u001b[31mnever', frames: 2 },
      { wording: 'once', frames: 1 },
    ];
    const wordings = { frames: 6, wordings: 4, groups: 3, entropy: 1.459148, missed: 0, top };
    const text = await reportOf([finding, { ...summary, wordings }]);
    expect(text).toContain(
      'Wordings of warnings  3 among 6 frames, as varied as 2.7 equally frequent ones (1.5 bits)\n  50 %  │ bad\n  33 %  │ ',
    );
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('once');
    expect(await reportOf([finding, summary])).not.toContain('Wordings');
  });

  it('draws levels, kinds and rules as bars, the most first, where there is more than one finding', async () => {
    const other: Finding = { ...finding, level: 'high', rule: 'label-before-code' };
    const text = await reportOf([finding, finding, finding, other, summary]);
    const from = text.indexOf('Levels\n');
    expect(text.slice(from, text.indexOf('\n\n', from)).split('\n')).toEqual([
      'Levels',
      `  high                 ${'█'.repeat(10)}▋ 1`,
      `  medium               ${'█'.repeat(32)} 3`,
      'Kinds',
      `  security             ${'█'.repeat(32)} 4`,
      'Rules',
      `  heading-before-code  ${'█'.repeat(32)} 3`,
      `  label-before-code    ${'█'.repeat(10)}▋ 1`,
    ]);
    expect(await reportOf([finding, summary])).not.toContain('Levels\n');
  });

  it('says what was left alone, by what, and how much', async () => {
    const left: Finding = { ...finding, level: 'none', suppressed: { kind: 'comment', reason: 'a lesson' } };
    delete left.measures;
    const suppressed = { comment: 2, record: 0, baseline: 1 };
    const text = await reportOf([left, { ...summary, suppressed, staleBaseline: 1 }]);
    expect(text).toContain('  ignored   suppressed by comment: a lesson');
    expect(text).toContain('3 suppressed: 2 by comment, 1 by baseline');
    expect(text).toContain('1 entry of the baseline no longer found');
  });

  it('lists harmless warnings with the reason, the first twenty of them', async () => {
    const harmless: HarmlessLine = {
      type: 'harmless',
      path: 'a.py',
      line: 3,
      column: 1,
      text: 'log.warning("bad")',
      reason: 'log-call',
      detail: 'log call',
    };
    const unlikely: HarmlessLine = { ...harmless, reason: 'unlikely', detail: 'so', detection: 0.3 };
    const text = await reportOf([harmless, unlikely, ...Array.from({ length: 23 }, () => harmless), summary]);
    expect(text).toContain('Harmless  25 warnings');
    expect(text).toContain('  a.py:3:1  log call  log.warning("bad")');
    expect(text).toContain('  a.py:3:1  probability 0.30: so');
    expect(text).toContain('… and 5 more');
  });

  it('says what was not scored', async () => {
    const unscored = structuredClone(finding);
    delete unscored.measures;
    const text = await reportOf([{ ...unscored, level: 'none', notes: ['not scored: too odd'] }, summary]);
    expect(text).toContain('not scored by the model');
    expect(text).toContain('not scored: too odd');
  });

  it('names the weakness with the words that say so', async () => {
    const cwe = { id: 'CWE-89', reason: 'the frame says "SQL injection"' };
    expect(await reportOf([{ ...finding, cwe }, summary])).toContain(
      '  weakness  CWE-89: the frame says "SQL injection"',
    );
  });

  it('orders by level, security first, then by what is taught', async () => {
    const with_ = (path: string, level: Finding['level'], value: number): Finding => ({
      ...finding,
      source: { ...finding.source, path },
      level,
      measures: { calibrated: true, payloadTokens: 1, taught: { value, low: value, high: value } },
    });
    const text = await reportOf([
      with_('d.md', 'low', 9),
      with_('c.md', 'high', 1),
      with_('b.md', 'medium', 5),
      with_('a.md', 'high', 2),
      { ...with_('e.md', 'high', 3), kind: { name: 'performance', probability: 0.9 } },
      summary,
    ]);
    expect([...text.matchAll(/(\w)\.md/g)].map((match) => match[1])).toEqual(['a', 'c', 'e', 'b', 'd']);
  });

  it.each([60, 80, 120])('keeps to %i columns, with wide characters too', async (columns) => {
    const long: Finding = {
      ...finding,
      source: { ...finding.source, path: `${'ordner/'.repeat(30)}日本語.md` },
      text: { frame: '悪い例'.repeat(50), payload: `print("${'日本語'.repeat(60)}")` },
      reasons: ['word '.repeat(80).trim()],
      remedies: ['x'.repeat(300)],
    };
    for (const line of (await reportOf([long, summary], columns)).split('\n'))
      expect(columnsOf(line), line).toBeLessThanOrEqual(columns);
  });

  it('counts and costs in the end', async () => {
    const text = await reportOf([finding, { ...summary, skipped: { binary: 2, 'malformed-json': 1 } }]);
    expect(text).toContain('1 high · 1 medium · 1 low · 1 none');
    expect(text).toContain('2 files, 12.3 kB, 2.50 s, model pack fake@1');
    expect(text).toMatch(/measure +2\.3[45] s +4 candidates → 4 measured, 88 payload tokens/);
    expect(text).toContain('2 binary · 1 malformed-json');
    expect(text).toContain('uncalibrated');
  });

  it('never hides that findings were set aside because of their kind', async () => {
    const { setAside } = noCounts();
    expect(await reportOf([finding, { ...summary, setAside: { ...setAside, style: 412 } }])).toContain(
      '412 about style set aside unmeasured; --kind all measures them',
    );
    const several = { ...setAside, style: 412, performance: 3 };
    expect(await reportOf([finding, { ...summary, setAside: several }])).toContain(
      '3 about performance, 412 about style set aside unmeasured; --kind all measures them',
    );
    expect(await reportOf([finding, summary])).not.toContain('set aside');
  });

  it('says how often a payload stands there, where else, and which repeats weigh most', async () => {
    const other = { path: 'data/b.jsonl', record: 7, field: 'text', line: 2, column: 1, exact: false };
    const repeated: RepeatedPayload = {
      key: finding.payloadKeys.exact,
      payload: 'one = 1',
      exact: 11,
      near: 1,
      taught: 0.87,
      weight: 10.44,
      level: 'medium',
      kind: 'security',
      places: [{ path: 'docs/guide.md', line: 12, column: 1, exact: true }, other],
    };
    const exposures = { occurrences: 30, payloads: 15, repeated: 3, missed: 2, worst: [repeated] };
    const text = await reportOf([finding, { ...summary, exposures }]);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'repeats stands there 11 times exactly and once nearly: also data/b.jsonl:7 text:2:1 (nearly) and 10 more',
    );
    expect(text).toContain('Repeated payloads, by taught × exposures\n');
    expect(text).toMatch(/MEDIUM\s+10\.44 {2}11 times exactly and once nearly {2}│ one = 1\n/);
    expect(text).toContain('docs/guide.md:12:1, data/b.jsonl:7 text:2:1 and 10 more');
    expect(text).toContain('… and 2 more');
    expect(text).toContain('too low by up to 2');
    expect(await reportOf([finding, summary])).not.toContain('epeat');
  });

  it('says that nothing was found', async () => {
    const stages: Summary['stages'] = [{ name: 'kind', in: 0, out: 0, ms: 0 }];
    expect(await reportOf([{ ...summary, stages, listed: 0 }])).toContain(
      'No warning-framed demonstration found.',
    );
  });

  it('says that it was interrupted', async () => {
    expect(await reportOf([{ ...summary, interrupted: true }])).toContain('Interrupted');
  });

  it('shows the worst thousand and says how many more there are', async () => {
    const many = Array.from({ length: 2500 }, () => finding);
    const text = await reportOf([...many, { ...summary, listed: 2500 }]);
    expect(text.split('docs/guide.md').length - 1).toBe(1000);
    expect(text).toContain('1500 more');
  });
});

describe('ratioText', () => {
  it.each([
    [0, '▕░░░░░░░░░░░░▏ 0.00'],
    [0.5, '▕██████░░░░░░▏ 0.50'],
    [1, '▕████████████▏ 1.00'],
    [1.4, '▕████████████▏ 1.40'],
    [-0.2, '▕░░░░░░░░░░░░▏ -0.20'],
  ])('draws %d', (value, text) => {
    expect(ratioText({ value, low: value, high: value }).replace('−', '-')).toContain(text);
  });
});

describe('wantsColour', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, true],
    [true, { TERM: 'dumb' }, false],
  ])('terminal %s with %j: %s', (isTerminal, environment, expected) => {
    expect(wantsColour(isTerminal, environment)).toBe(expected);
  });
});
