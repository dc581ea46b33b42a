import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict';
import type { TokenAlternatives } from '../../../src/analysis/alternatives/sampleAlternatives.js';
import { analyzed, backfire, closeEverything, openSample, select } from './backfire.js';

const lessons = [
  ['# WRONG: a fast hash', 'hexdigest()'],
  ["# DON'T do this", 'shell=True)'],
] as const;

describe('what the model would have expected', () => {
  afterEach(closeEverything);

  it('is not asked before somebody wants to know, and once then', async () => {
    const { panelAlternatives, readPanelAlternatives } = await backfire();
    await show(0);
    deepEqual(panelAlternatives(), { state: 'unread' });
    await readPanelAlternatives();
    const first = panelAlternatives();
    for (const { likeliest } of await tokens()) equal(likeliest.length, 3);
    await readPanelAlternatives();
    equal(panelAlternatives(), first, 'the answer stands');
  });

  it('is that of the sample that is shown: another one cancels the question', async () => {
    const { panelAlternatives, readPanelAlternatives } = await backfire();
    await show(0);
    const asked = readPanelAlternatives();
    equal(panelAlternatives().state, 'reading');
    await show(1);
    await asked;
    deepEqual(panelAlternatives(), { state: 'unread' });
    await readPanelAlternatives();
    const ofSecond = await tokens();
    await show(0);
    await readPanelAlternatives();
    notDeepEqual(await tokens(), ofSecond);
  });
});

async function show(lesson: 0 | 1): Promise<void> {
  const editor = await openSample('lessons.py');
  const [from, to] = lessons[lesson];
  editor.selection = select(editor, from, to);
  const [finding] = await analyzed('analyzeSelection');
  ok(finding);
}

async function tokens(): Promise<readonly TokenAlternatives[]> {
  const state = (await backfire()).panelAlternatives();
  ok(state.state === 'read', JSON.stringify(state));
  ok(state.of.sample.length > 20 && state.of.bare);
  return [...state.of.sample, ...state.of.bare];
}
