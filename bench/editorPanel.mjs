// How fluid the panel is with a long sample: part of npm run bench -- --editor.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/setUp.mjs';
import { cache } from '../test/vscode/hostSetUp.mjs';
import { openHost, runCommand, webview } from '../test/vscode/openHost.mjs';

const actions = 10;
const tokens = 2000;
const tokensOfLine = 39;
const lenses = ['Surprise', 'Probe', 'What teaches'];
/** Until the last token out of sight has its colour, and the panel has kept what was chosen. */
const settleMs = 1500;
/** The engine measures the sample in eight windows. */
const patienceMs = 1_800_000;

/** Ten changes of the lens and twice ten choices of a feature, with 2,000 tokens beside their bare version. */
export async function panelFluidity() {
  const base = join(cache, 'bench');
  const folder = join(base, 'panel');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'long.py'), longSample());
  const env = { BACKFIRE_CACHE: 'off' };
  const host = await openHost({ folder, extension: root, log: join(base, 'panel.log'), env });
  try {
    const panel = await shownPanel(host.page);
    const shown = await panel.locator('.token').count();
    if (shown < 1.9 * tokens) throw new Error(`the panel shows ${shown} tokens`);
    await panel.locator('vscode-button', { hasText: 'List all active features' }).click();
    const read = panel.locator('.features [role="status"]', { hasText: 'features are active' });
    await read.waitFor({ timeout: patienceMs });
    const listed = Number(await panel.locator('.grid').getAttribute('aria-rowcount')) - 1;
    if (listed < 50) throw new Error(`the panel lists ${listed} features`);
    const section = `Panel with ${shown} tokens of sample and bare version, ${listed} features`;
    const browser = host.page.context().browser();
    await prepare(panel);
    const change = (round) => panel.locator('body').evaluate(changeLens, lenses[round % lenses.length]);
    const choose = (round) => panel.locator('body').evaluate(chooseFeature, round);
    // The first of each is warm-up.
    const byLens = await measured(host.page, browser, panel, change);
    const byFeature = await measured(host.page, browser, panel, choose);
    await panel.locator('summary', { hasText: 'The same as tables' }).click();
    const withTables = await measured(host.page, browser, panel, choose);
    return [
      ...linesOf(section, 'change of the lens', byLens),
      ...linesOf(section, 'choice of a feature', byFeature),
      ...linesOf(section, 'choice of a feature with its tables open', withTables),
    ];
  } finally {
    await host.dispose();
  }
}

/** Each digit is a token: so many tokens are not more characters than a payload may have. */
function longSample() {
  const digits = (i) => String((i + 3) * 7919 ** 3).padEnd(20, '7');
  const line = (i) => `cursor.execute("DELETE FROM part_${i} WHERE id = " + ids[${digits(i)}])`;
  const lines = Array.from({ length: Math.round(tokens / tokensOfLine) }, (_, i) => line(i));
  return `# BAD: open to SQL injection, never build a query like this\n${lines.join('\n')}\n`;
}

async function shownPanel(page) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'long.py' }).dblclick();
  await page.locator('.monaco-editor .view-line').first().click();
  await page.keyboard.press('Control+A');
  await runCommand(page, 'Backfire: Analyze Selection');
  const panel = webview(page, 'backfire.backfire');
  await panel.locator('.token.payload').first().waitFor({ timeout: patienceMs });
  return panel;
}

/** What the actions below need in the panel's page. */
function prepare(panel) {
  return panel.locator('body').evaluate(() => {
    window.longTasks = [];
    const keep = (list) => window.longTasks.push(...list.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(keep).observe({ type: 'longtask' });
    window.isAnyInSight = (tokens) =>
      [...document.querySelectorAll('div.tokens')].some((map) => {
        const box = map.getBoundingClientRect();
        return [...map.querySelectorAll(tokens)].some((token) => {
          const { top, bottom } = token.getBoundingClientRect();
          return bottom > box.top && top < box.bottom;
        });
      });
    /** Milliseconds until it is done and that frame is over. */
    window.timeOf = async (act, isDone) => {
      const started = performance.now();
      act();
      let frame = performance.now();
      do {
        await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
        frame = performance.now();
      } while (!isDone());
      return frame - started;
    };
  });
}

/** In the panel: milliseconds until every token in sight has the tone of the lens. */
function changeLens(_, title) {
  const tones = {
    Surprise: ['surprise'],
    Probe: ['flagged', 'unflagged'],
    'What teaches': ['teaches', 'deters'],
  };
  const all = [...Object.values(tones).flat(), 'feature'];
  const others = all.filter((tone) => !tones[title].includes(tone)).map((tone) => `.token.${tone}`);
  const radios = [...document.querySelectorAll('vscode-radio')];
  const radio = radios.find(({ textContent }) => textContent === title);
  return window.timeOf(
    () => radio.click(),
    () => !window.isAnyInSight(others.join(', ')),
  );
}

/** The same for a feature: until the legend names it, and no token in sight has the tone of a measure. */
function chooseFeature(_, row) {
  const chosen = document.querySelector(`.rows .featureRow[aria-rowindex="${row + 3}"]`);
  const { latent } = chosen.dataset;
  const legend = document.querySelector('.legend');
  const measures = '.surprise, .flagged, .unflagged, .teaches, .deters';
  return window.timeOf(
    () => chosen.querySelector('.name').click(),
    () => legend.textContent.includes(`${latent}:`) && !window.isAnyInSight(measures),
  );
}

/** Of each action: until it is seen, the longest task as the browser's observer and as its trace tells it. */
async function measured(page, browser, panel, act) {
  const rounds = [];
  for (let round = -1; round < actions; round++) {
    await panel.locator('body').evaluate(() => (window.longTasks.length = 0));
    await browser.startTracing(page, { categories: ['toplevel'] });
    const seen = await act(round + 1);
    await page.waitForTimeout(settleMs);
    const trace = JSON.parse((await browser.stopTracing()).toString());
    const long = await panel.locator('body').evaluate(() => Math.max(0, ...window.longTasks));
    if (round >= 0) rounds.push({ seen, long, busy: longestTask(trace) });
  }
  return rounds;
}

/** Milliseconds of processor time of the longest task on a page's main thread: what else the machine does is not in it. */
function longestTask({ traceEvents }) {
  const isMain = ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain';
  const thread = ({ pid, tid }) => `${pid}:${tid}`;
  const mains = new Set(traceEvents.filter(isMain).map(thread));
  const tasks = traceEvents.filter((event) => event.name.endsWith('RunTask') && mains.has(thread(event)));
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

function linesOf(section, action, rounds) {
  const line = (what, values, unit, target) => ({
    section,
    what: `${action}, ${what}`,
    value: spreadOf(values),
    unit,
    ...(target ? { target } : {}),
  });
  return [
    line(
      'until tokens in sight have their colours',
      rounds.map(({ seen }) => seen),
      'ms',
    ),
    line(
      'longest task, 0 for none of 50 ms',
      rounds.map(({ long }) => long),
      'ms',
      { atMost: 50 },
    ),
    line(
      'longest task',
      rounds.map(({ busy }) => busy),
      'ms of processor time',
      { atMost: 50 },
    ),
  ];
}

/** Median with the least and the most. */
export function spreadOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: sorted[Math.floor((sorted.length - 1) / 2)], low: sorted[0], high: sorted.at(-1) };
}
