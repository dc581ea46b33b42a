// Looks at the features in the panel as a person does: from outside, in the workbench's page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseTheme, runCommand, webview } from '../openHost.mjs';
import { faultless } from './accessibility.mjs';

/** Each with the ending of its pictures; the last one stays. */
const themes = [
  ['Light Modern', '-light'],
  ['Dark High Contrast', '-high-contrast'],
  ['Dark Modern', ''],
];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['the sample has the features that it shares with its bare version, with their labels', analyzeAndOpen],
  ['choosing one colours both versions by it, and the list fills with all active ones', chooseFeature],
  ['the list is used by keyboard, and holds only the rows in sight', useByKeyboard],
  ['it is searched by label and by number', searchList],
  ['a second feature is compared with the first', compareTwo],
  ['a pinned feature comes first', pinFeature],
  ...themes.map(([theme, ending]) => [
    `list and maps show in ${theme}`,
    (context) => lookInTheme(context, theme, `features${ending}.png`),
  ]),
  ['the list has no fault that axe knows of', ({ page }) => faultless(panelOf(page))],
  ['a feature has a page with histogram, logits, examples and neighbours', openPage],
  ['its pictures have tables behind them', openTables],
  ['a neighbour is one click away, and back again', walkNeighbours],
  ['it is tried on a text of one’s own, hostile or not', tryOwnText],
  ['the page has no fault that axe knows of', ({ page }) => faultless(panelOf(page))],
  ...themes.map(([theme, ending]) => [
    `the page shows in ${theme}`,
    (context) => pageInTheme(context, theme, `feature${ending}.png`),
  ]),
  ['the editor shows the feature, one click from its page', showInEditor],
  ['a hover has the shared features, each a link to its page', hoverAndFollow],
  ['a feature is found from the palette by its number', findByNumber],
  ['the panel loads nothing that its policy forbids', onlyAllowed],
];

function panelOf(page) {
  return webview(page, 'backfire.backfire');
}

const rows = (panel) => panel.locator('.rows .featureRow');

async function analyzeAndOpen({ page }) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'lessons.py' }).dblclick();
  await page.locator('.monaco-editor .view-line', { hasText: 'hashlib.md5' }).first().click();
  await runCommand(page, 'Backfire: Analyze Selection');
  const panel = panelOf(page);
  await panel.locator('.token.payload').first().waitFor();
  await panel
    .locator('.rows .featureRow .name', { hasText: /\d+ \S+ at / })
    .or(panel.locator('.rows .featureRow .name', { hasText: /\d+ at / }))
    .first()
    .waitFor();
  assert.equal(await rows(panel).count(), 8);
}

async function chooseFeature({ page }) {
  const panel = panelOf(page);
  await rows(panel).first().locator('.name').click();
  await panel.locator('.features [role="status"]', { hasText: 'features are active' }).waitFor();
  await panel.locator('.token.feature').first().waitFor();
  await panel.locator('.token.teaches').first().waitFor({ state: 'detached' });
  const fires = await panel
    .locator('.map')
    .evaluateAll((maps) =>
      maps.map(
        (map) =>
          [...map.querySelectorAll('.token.feature')].filter(
            (token) => Number(token.style.getPropertyValue('--strength')) > 0,
          ).length,
      ),
    );
  assert.equal(fires.length, 2);
  assert.ok(
    fires.every((count) => count > 0),
    `both versions: ${fires}`,
  );
}

async function useByKeyboard({ page }) {
  const panel = panelOf(page);
  const grid = panel.locator('.grid');
  const all = Number(await grid.getAttribute('aria-rowcount')) - 1;
  const inDocument = await rows(panel).count();
  assert.ok(all >= 100 && inDocument < 40, `${inDocument} of ${all} rows`);
  await panel.locator('.rows .featureRow[tabindex="0"]').focus();
  await page.keyboard.press('End');
  const last = panel.locator(`.rows .featureRow[aria-rowindex="${all + 1}"]`);
  await last.waitFor();
  const focused = () => panel.locator('.featureRow:focus').getAttribute('aria-rowindex');
  assert.equal(await focused(), String(all + 1));
  await page.keyboard.press('Home');
  assert.equal(await focused(), '2');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(), '3');
  await page.keyboard.press('Enter');
  await panel.locator('.rows .featureRow.chosen[aria-rowindex="3"]').waitFor();
  assert.equal(await focused(), '3', 'the focus stays');
  // The maps read out the feature's value.
  const chosen = await panel.locator('.featureRow.chosen').getAttribute('data-latent');
  await panel.locator('div.tokens').first().focus();
  await page.keyboard.press('End');
  assert.match(
    await panel.locator('.heat .readout > span').first().innerText(),
    new RegExp(`, feature ${chosen} \\d+\\.\\d\\d$`),
  );
  const summary = panel.locator('.heat summary');
  await summary.focus();
  await page.keyboard.press('Enter');
  await panel
    .locator('.heat th', { hasText: `Feature ${chosen}, activation` })
    .first()
    .waitFor();
  await summary.focus();
  await page.keyboard.press('Enter');
}

async function searchList({ page }) {
  const panel = panelOf(page);
  const field = panel.locator('vscode-text-field input');
  const grid = panel.locator('.grid');
  const all = await grid.getAttribute('aria-rowcount');
  const latent = await rows(panel).nth(4).getAttribute('data-latent');
  await field.fill(latent);
  await panel.locator(`.rows .featureRow[data-latent="${latent}"]`).waitFor();
  assert.ok(Number(await grid.getAttribute('aria-rowcount')) < Number(all));
  await field.fill('no label says this');
  assert.equal(await rows(panel).count(), 0);
  await field.fill('');
  assert.equal(await grid.getAttribute('aria-rowcount'), all);
}

async function compareTwo({ page }) {
  const panel = panelOf(page);
  await rows(panel).nth(2).locator('[aria-label^="Compare"]').click();
  await panel.locator('.token.compared').first().waitFor();
  assert.match(await panel.locator('.legend').innerText(), /Both fire at \d+ of \d+ tokens/);
}

async function pinFeature({ page }) {
  const panel = panelOf(page);
  const row = rows(panel).nth(5);
  const latent = await row.getAttribute('data-latent');
  await row.locator('[aria-label^="Pin"]').click();
  await panel.locator(`.rows .featureRow[aria-rowindex="2"][data-latent="${latent}"]`).waitFor();
}

async function lookInTheme({ page, cache }, theme, picture) {
  await chooseTheme(page, theme);
  await panelOf(page).locator('h1').first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(500); // Colours fade over.
  const tints = await panelOf(page)
    .locator('.token.feature')
    .evaluateAll((all) =>
      all.map((token) => {
        const { backgroundColor, boxShadow } = getComputedStyle(token);
        return `${backgroundColor} ${boxShadow}`;
      }),
    );
  await page.screenshot({ path: join(cache, picture) });
  assert.ok(new Set(tints).size > 2, `tokens differ: ${[...new Set(tints)].join(', ')}`);
}

async function openPage({ page }) {
  const panel = panelOf(page);
  const row = panel.locator('.featureRow.chosen');
  const latent = await row.getAttribute('data-latent');
  await row.focus();
  await page.keyboard.press('o');
  await panel.locator('h1', { hasText: `Feature ${latent}` }).waitFor();
  assert.ok(
    await panel.locator('h1', { hasText: `Feature ${latent}` }).evaluate((h) => h === document.activeElement),
  );
  assert.ok(await panel.locator('main > .sample').isHidden());
  for (const title of [
    'Where it fires',
    'Makes likelier',
    'Makes less likely',
    'Examples',
    'Nearest neighbours',
  ])
    await panel.locator('h2', { hasText: title }).waitFor();
  assert.ok((await panel.locator('.examples li').count()) > 5);
  const painted = await panel.locator('.plot canvas').evaluate((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join(',')))
      .size;
  });
  assert.ok(painted > 2, 'the histogram is drawn');
}

async function openTables({ page }) {
  const panel = panelOf(page);
  const place = panel.locator('.featurePage');
  for (const summary of await place.locator('summary').all()) {
    await summary.focus();
    await page.keyboard.press('Enter');
  }
  assert.ok((await place.locator('details tbody tr').count()) > 20);
  for (const table of await place.locator('table').all()) {
    const tops = await table.evaluate(({ rows }) =>
      [...rows].map(({ cells }) => new Set([...cells].map((cell) => cell.getBoundingClientRect().top)).size),
    );
    assert.ok(
      tops.length > 1 && tops.every((lines) => lines === 1),
      'the cells of a row stand beside each other',
    );
  }
}

async function walkNeighbours({ page }) {
  const panel = panelOf(page);
  const title = () => panel.locator('h1').last().innerText();
  const first = await title();
  await panel.locator('button.link').first().click();
  const back = panel.locator('vscode-button', { hasText: 'Back to the feature before' });
  await back.waitFor();
  assert.notEqual(await title(), first);
  await back.click();
  await back.waitFor({ state: 'detached' });
  assert.equal(await title(), first);
}

const hostile =
  'import hashlib\nhashlib.md5(b"<img src=x onerror=alert(1)>")\n[x](command:workbench.action.quit) \u202e evil\n';

async function tryOwnText({ page }) {
  const panel = panelOf(page);
  await panel.locator('vscode-text-area textarea').fill(hostile);
  await panel.locator('.featurePage > section:last-child vscode-button').click();
  const tried = panel.locator('.tried .token');
  await tried.first().waitFor();
  const shown = (await tried.allTextContents()).join('');
  assert.ok(shown.includes('<img src=x onerror=alert(1)>') && shown.includes('⟨U+202E⟩'), shown);
  assert.equal(await panel.locator('.tried img, .tried a').count(), 0);
  assert.match(await panel.locator('.tried [role="status"]').innerText(), /fires at/);
}

async function pageInTheme({ page, cache }, theme, picture) {
  await chooseTheme(page, theme);
  await panelOf(page).locator('.featurePage h1').scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  await page.screenshot({ path: join(cache, picture) });
}

async function showInEditor({ page, cache }) {
  const panel = panelOf(page);
  await panel.locator('.featurePage vscode-button', { hasText: 'Show in the editor' }).click();
  const coloured = page.locator('.monaco-editor .view-overlays [class*="ced-"]');
  await page.waitForTimeout(3000);
  const looks = await coloured.evaluateAll((marks) =>
    marks.map((mark) => getComputedStyle(mark).backgroundColor),
  );
  await page.screenshot({ path: join(cache, 'inline-feature.png') });
  assert.ok(new Set(looks).size > 2, looks.join(' '));
}

async function hoverAndFollow({ page, cache }) {
  // Values would stand between the words.
  await runCommand(page, 'Backfire: Toggle Inline Activations');
  await page.locator('.tab', { hasText: 'lessons.py' }).click();
  await page
    .locator('.monaco-editor .view-line', { hasText: 'hashlib.md5' })
    .locator('span span')
    .first()
    .hover();
  const hover = page.locator('.monaco-hover', { hasText: 'Features that both share' }).first();
  await hover.waitFor();
  await page.screenshot({ path: join(cache, 'feature-hover.png') });
  const link = hover.locator('a', { hasText: /^Feature \d+/ }).first();
  const feature = /Feature (\d+)/.exec(await link.innerText())[1];
  await link.click();
  await panelOf(page)
    .locator('h1', { hasText: `Feature ${feature}` })
    .waitFor();
}

async function findByNumber({ page, cache }) {
  await runCommand(page, 'Backfire: Show Feature…');
  const input = page.locator('.quick-input-widget input');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'fires at' }).first().waitFor();
  await input.fill('2209');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: '2209:' }).first().waitFor();
  await page.screenshot({ path: join(cache, 'feature-pick.png') });
  await page.keyboard.press('Enter');
  await panelOf(page).locator('h1', { hasText: 'Feature 2209' }).waitFor();
}

function onlyAllowed({ log }) {
  const lines = readFileSync(log, 'utf8').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes('Content Security Policy')),
    [],
  );
}
