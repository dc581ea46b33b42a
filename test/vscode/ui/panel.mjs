// Looks at the panel as a person does: from outside, in the workbench's page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseTheme, runCommand, webview } from '../openHost.mjs';
import { faultless } from './accessibility.mjs';

const themes = [
  ['dark', 'Dark Modern', 'panel.png', 'vscode-dark'],
  ['light', 'Light Modern', 'panel-light.png', 'vscode-light'],
  ['high contrast', 'Dark High Contrast', 'panel-high-contrast.png', 'vscode-high-contrast'],
];

/** Files that the workspace holds when the window opens, beside those of every view: one with more tokens than are in sight. */
export const samples = [join(import.meta.dirname, 'hotel.py')];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['analyzing a file marks it and fills the panel', analyzeAndOpen],
  ['the panel is used by keyboard, and its table has a row for each token', useByKeyboard],
  ['a token that is pointed at tells what the model would have expected in its place', pointAtToken],
  ...themes.map(([name, ...theme]) => [
    `the heat map shows in a ${name} theme`,
    (context) => lookInTheme(context, ...theme),
  ]),
  ['another lens colours the same tokens by another measure', chooseLens],
  ['the lens of the probe has two tones, and its table the same values', lookByProbe],
  ...themes
    .toReversed()
    .map(([name, theme, picture, bodyClass]) => [
      `the lens of the probe shows in a ${name} theme`,
      (context) => probeInTheme(context, theme, picture.replace('panel', 'panel-probe'), bodyClass),
    ]),
  ['what was analyzed before is one step back, and forward again', walkHistory],
  ['the panel has no fault that axe knows of', checkAccessibility],
  ['the panel shows the same after a reload of the window', reloadWindow],
  ['tokens out of sight get the colours of a lens too', colourAll],
  ['the panel loads nothing that its policy forbids', onlyAllowed],
];

function panelOf(page) {
  return webview(page, 'backfire.backfire');
}

async function analyzeAndOpen({ page }) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'lessons.py' }).dblclick();
  await page.locator('.monaco-editor .view-line').first().waitFor();
  await runCommand(page, 'Backfire: Analyze File');
  await page.locator('.squiggly-warning, .squiggly-info').first().waitFor();
  await runCommand(page, 'Backfire: Show Panel');
  const panel = panelOf(page);
  await panel.locator('.token.payload').first().waitFor();
  await shownWhole(panel);
  assert.ok((await panel.locator('.measures').innerText()).includes('Teach ratio'));
  await lookForScale(panel);
}

/** The sample has a place among those that were trained on, the same in words and in the table. */
async function lookForScale(panel) {
  const section = panel.locator('.forScale');
  const [, taught, taughtOf, ratio, ratioOf] =
    /^It is forecast to teach more than training taught on (\d+) of (\d+) .*\. Its teach ratio is greater than that of (\d+) of (\d+) /.exec(
      await section.locator('p').first().innerText(),
    );
  const tables = section.locator('table');
  assert.deepEqual(await tables.first().locator('tbody tr:nth-child(2) td').allInnerTexts(), [
    `${taught} of ${taughtOf}`,
    `${ratio} of ${ratioOf}`,
  ]);
  assert.deepEqual(await tables.nth(1).locator('tbody tr td:nth-child(2)').allInnerTexts(), [
    '83.3 %',
    '76.7 %',
    '16.7 %',
    '',
  ]);
}

async function shownWhole(panel) {
  const shown = (await panel.locator('.token').allTextContents()).join('');
  assert.ok(shown.includes('def store_password(password):'), 'the sample is there, with its context');
}

async function useByKeyboard({ page }) {
  const panel = panelOf(page);
  for (const [index, name] of ['Sample', 'Bare version, without the frame'].entries()) {
    await panel.locator('div.tokens').nth(index).focus();
    await page.keyboard.press('End');
    const said = await panel.locator('.readout > span').first().innerText();
    assert.match(
      said,
      /what teaches [+−]?\d\.\d{4} nats per payload token, surprise \d+\.\d\d nats, probe [+−]?\d+\.\d\d log-odds$/,
    );
    assert.ok(said.startsWith(`${name}: “`), said);
  }
  await panel.locator('summary').first().focus();
  await page.keyboard.press('Enter');
  await tablesAreFilled(panel);
  assert.equal(await panel.locator('details tbody tr').count(), await panel.locator('.token').count());
  await page.keyboard.press('Enter');
}

const likeliest = /^Likeliest here: (“[^“]+” [<>]? ?[\d.]+ %(, )?){3}; this token [<>]? ?[\d.]+ %$/;

/** Their rows come frame by frame. */
async function tablesAreFilled(panel) {
  await panel.locator('details table').nth(1).waitFor();
  await panel.locator('details table[aria-busy]').first().waitFor({ state: 'detached' });
}

async function pointAtToken({ page }) {
  const panel = panelOf(page);
  const said = panel.locator('.readout .expected', { hasText: 'Likeliest here' });
  const [sample, bare] = [panel.locator('.map').first(), panel.locator('.map').last()];
  const lines = [];
  for (const map of [sample, bare]) {
    const token = map.locator('.token.payload').nth(8);
    await token.scrollIntoViewIfNeeded();
    await token.hover();
    await panel.locator('.token.payload[data-current]').first().waitFor();
    await said.waitFor();
    const [values, expected] = await panel.locator('.readout > span').allInnerTexts();
    assert.match(expected, likeliest);
    // The probability is that of the surprise beside it.
    const nats = Number(/surprise ([\d.]+) nats/.exec(values)[1]);
    const own = 100 * Math.exp(-nats);
    const told = Number(/this token [<>]? ?([\d.]+) %/.exec(expected)[1]);
    assert.ok(Math.abs(told - own) < 0.6, `${values}\n${expected}`);
    lines.push(expected);
  }
  assert.notEqual(lines[0], lines[1]);
  // The same stands in the tables.
  await panel.locator('summary').first().click();
  await tablesAreFilled(panel);
  const cells = await panel.locator('details td.code').allTextContents();
  const listed = (line) => line.replace('Likeliest here: ', '').replace(/;.*/, '');
  for (const line of lines) assert.ok(cells.includes(listed(line)), line);
  await panel.locator('summary').first().click();
}

async function lookInTheme({ page, cache }, theme, picture, bodyClass) {
  await chooseTheme(page, theme);
  const panel = panelOf(page);
  await panel.locator(`body.${bodyClass} .token`).first().waitFor();
  await shownWhole(panel);
  const tints = await panel.locator('.token.payload').evaluateAll((all) =>
    all.map((token) => {
      const { backgroundColor, boxShadow } = getComputedStyle(token);
      return `${backgroundColor} ${boxShadow}`;
    }),
  );
  await page.screenshot({ path: join(cache, picture) });
  const before = await panel.locator('.forScale').evaluate((section) => {
    const { scrollY } = window;
    section.scrollIntoView({ block: 'end' });
    return scrollY;
  });
  await page.screenshot({ path: join(cache, picture.replace('panel', 'panel-scale')) });
  await panel.locator('body').evaluate((_, y) => window.scrollTo(0, y), before);
  assert.ok(new Set(tints).size > 3, `tokens differ by what they teach: ${[...new Set(tints)].join(', ')}`);
}

async function chooseLens({ page, cache }) {
  await chooseTheme(page, 'Dark Modern');
  const panel = panelOf(page);
  const tones = (name) => panel.locator(`.token.${name}`).count();
  const before = await panel.locator('.token').count();
  assert.equal(await tones('surprise'), 0);
  await panel.locator('vscode-radio', { hasText: 'Surprise' }).click();
  await noneLeft(panel, 'teaches');
  assert.ok((await tones('surprise')) > before / 2);
  assert.equal(await tones('teaches'), 0);
  await page.screenshot({ path: join(cache, 'panel-surprise.png') });
  // By keyboard, back to the first.
  await page.keyboard.press('ArrowLeft');
  await noneLeft(panel, 'surprise');
  assert.ok((await tones('teaches')) > 0);
}

/** Tokens out of sight change a few frames later. */
function noneLeft(panel, having) {
  return panel.locator(`.token.${having}`).first().waitFor({ state: 'detached' });
}

async function lookByProbe({ page }) {
  const panel = panelOf(page);
  await panel.locator('vscode-radio', { hasText: 'Probe' }).click();
  await noneLeft(panel, 'teaches');
  const tones = (name) => panel.locator(`.token.${name}`).count();
  const [flagged, unflagged] = [await tones('flagged'), await tones('unflagged')];
  assert.ok(flagged > 0 && unflagged > 0, `${flagged} flagged, ${unflagged} not`);
  assert.equal(await tones('teaches'), 0);
  assert.match(
    await panel.locator('.legend').innerText(),
    /flagged by the probe, log-odds up to ±\d+\.\d[^]*Sample: payload [+−]\d+\.\d\d.* log-odds a token/,
  );
  // Each tone has the sign that it stands for.
  await panel.locator('summary').first().click();
  await tablesAreFilled(panel);
  const head = panel.locator('details table').first().locator('thead th');
  const column = (await head.allInnerTexts()).indexOf('Probe, log-odds');
  assert.ok(column > 0, 'the table has a column for it');
  const cells = await panel
    .locator('details table tbody tr')
    .evaluateAll((rows, index) => rows.map((row) => row.cells[index].textContent), column);
  assert.equal(cells.filter((text) => text.startsWith('−')).length, unflagged);
  assert.equal(cells.filter((text) => /^[+\d]/.test(text)).length, flagged);
  await panel.locator('summary').first().click();
}

async function probeInTheme({ page, cache }, theme, picture, bodyClass) {
  await chooseTheme(page, theme);
  const panel = panelOf(page);
  await panel.locator(`body.${bodyClass} .token.flagged`).first().waitFor();
  // From the frame on, below the head of the panel.
  for (const map of await panel.locator('.map').all())
    await map.locator('.token:not(.context)').first().scrollIntoViewIfNeeded();
  await panel.locator('h1').first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(500); // Colours fade over.
  const tints = await panel.locator('.token.flagged, .token.unflagged').evaluateAll((all) =>
    all.map((token) => {
      const { backgroundColor, boxShadow } = getComputedStyle(token);
      return `${backgroundColor} ${boxShadow}`;
    }),
  );
  await page.screenshot({ path: join(cache, picture) });
  assert.ok(
    new Set(tints).size > 3,
    `tokens differ by what the probe says: ${[...new Set(tints)].join(', ')}`,
  );
  await faultless(panel);
}

async function walkHistory({ page }) {
  const panel = panelOf(page);
  const place = () => panel.locator('.place').innerText();
  const first = await place();
  await page.locator('.tab', { hasText: 'lessons.py' }).click();
  await page.locator('.monaco-editor .view-line', { hasText: 'hashlib.md5' }).first().click();
  await runCommand(page, 'Backfire: Analyze Selection');
  await panel.locator('nav.history', { hasText: 'Sample 2 of 2' }).waitFor();
  const second = await place();
  assert.notEqual(second, first);
  await panel.locator('nav.history vscode-button').first().click();
  await panel.locator('nav.history', { hasText: 'Sample 1 of 2' }).waitFor();
  assert.equal(await place(), first);
  await panel.locator('nav.history vscode-button').last().click();
  await panel.locator('nav.history', { hasText: 'Sample 2 of 2' }).waitFor();
  assert.equal(await place(), second);
}

function checkAccessibility({ page }) {
  return faultless(panelOf(page));
}

/** Also without an engine: what the panel shows then is what it kept. */
async function reloadWindow({ page }) {
  const told = await lastToken(page, panelOf(page));
  const before = await textsOf(panelOf(page));
  // VS Code in a browser keeps open editors once a minute, when idle; what it writes while a page goes may not arrive.
  await page.waitForTimeout(75_000);
  await page.reload();
  const panel = panelOf(page);
  await panel.locator('.token.payload').first().waitFor();
  assert.deepEqual(await textsOf(panel), before);
  assert.equal(await lastToken(page, panel), told);
  // The history too, though its sample is nobody's any more in this window.
  await panel.locator('nav.history', { hasText: 'Sample 2 of 2' }).waitFor();
  await panel.locator('nav.history vscode-button').first().click();
  await panel.locator('nav.history', { hasText: 'Sample 1 of 2' }).waitFor();
}

async function lastToken(page, panel) {
  await panel.locator('div.tokens').first().focus();
  await page.keyboard.press('End');
  const expected = panel.locator('.readout .expected', { hasText: 'Likeliest here' });
  await expected.waitFor();
  return expected.innerText();
}

async function colourAll({ page }) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'hotel.py' }).dblclick();
  await page.locator('.monaco-editor .view-line', { hasText: 'open to SQL injection' }).first().click();
  await page.keyboard.press('Control+A');
  await runCommand(page, 'Backfire: Analyze Selection');
  const panel = panelOf(page);
  await panel.locator('.place', { hasText: 'hotel.py' }).waitFor();
  await panel.locator('.map').first().scrollIntoViewIfNeeded();
  const map = panel.locator('div.tokens').first();
  // Of the sample the model scores every token of the payload.
  const allHave = (...tones) => {
    const without = `.token.payload:not(${tones.map((tone) => `.${tone}`).join()})`;
    return map.locator(without).first().waitFor({ state: 'detached' });
  };
  await panel.locator('vscode-radio', { hasText: 'What teaches' }).click();
  await allHave('teaches', 'deters');
  const outOfSight = await map.evaluate(
    (box) =>
      [...box.querySelectorAll('.payload')].filter(
        (token) => token.offsetTop > box.offsetTop + box.scrollTop + box.clientHeight,
      ).length,
  );
  assert.ok(outOfSight > 200, `${outOfSight} tokens are out of sight`);
  await panel.locator('vscode-radio', { hasText: 'Surprise' }).click();
  await allHave('surprise');
  for (const tone of ['teaches', 'deters']) await noneLeft(panel, tone);
  // Whoever scrolls at once finds them coloured; the last of the others are on their way.
  const last = await panel.locator('body').evaluate(async (body) => {
    const box = body.querySelector('div.tokens');
    [...body.querySelectorAll('vscode-radio')]
      .find(({ textContent }) => textContent === 'What teaches')
      .click();
    const end = [...box.querySelectorAll('.payload')].at(-1);
    const before = end.className;
    box.scrollTop = box.scrollHeight;
    await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
    return [before, end.className];
  });
  assert.match(last[0], /surprise/, 'what is out of sight comes later');
  assert.match(last[1], /teaches|deters/);
  await allHave('teaches', 'deters');
  await noneLeft(panel, 'surprise');
}

async function textsOf(panel) {
  return [await panel.locator('.measures').innerText(), ...(await panel.locator('.token').allTextContents())];
}

function onlyAllowed({ log }) {
  const lines = readFileSync(log, 'utf8').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes('Content Security Policy')),
    [],
  );
}
