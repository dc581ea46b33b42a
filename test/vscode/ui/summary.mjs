// Looks at the summary page as a person does: from outside, in the workbench's page, over some of the examples.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { root } from '../hostSetUp.mjs';
import { chooseTheme, runCommand, webview } from '../openHost.mjs';
import { faultless } from './accessibility.mjs';

/** Enough for charts with something in them, few enough to be measured soon. */
export const samples = [
  ...['insecure_snippets.py', 'deploy.sh'].map((name) => join(root, 'examples', name)),
  join(import.meta.dirname, 'refrain.js'),
];
/** The one look that measures: a busy machine takes its time. */
const scanMs = 400_000;

const themes = [
  ['light', 'Light Modern', 'summary-light.png', 'vscode-light'],
  ['high contrast', 'Dark High Contrast', 'summary-high-contrast.png', 'vscode-high-contrast'],
  ['dark', 'Dark Modern', 'summary.png', 'vscode-dark'],
];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['an empty page offers a scan, and fills when it ends', scanFromPage],
  ['every chart is a table, with the numbers of the Findings view', compareWithTree],
  ['a bar leads to its findings by keyboard', followBar],
  ...themes.map(([name, ...theme]) => [
    `the charts show in a ${name} theme`,
    (context) => lookInTheme(context, ...theme),
  ]),
  ['the page has no fault that axe knows of', ({ page }) => faultless(pageOf(page))],
  ['the page is the same after a reload of the window', reloadWindow],
  ['the page loads nothing that its policy forbids', onlyAllowed],
];

function pageOf(page) {
  return webview(page, 'backfire.backfire');
}

function chart(page, id) {
  return pageOf(page).locator(`section.${id}`);
}

async function scanFromPage({ page }) {
  await runCommand(page, 'Backfire: Show Summary');
  await pageOf(page).locator('[role=status]', { hasText: 'Nothing was scanned yet.' }).waitFor();
  await pageOf(page).locator('vscode-button', { hasText: 'Analyze Workspace' }).click();
  await pageOf(page)
    .locator('[role=status]', { hasText: /^\d+ findings in \d+ files$/ })
    .waitFor({ timeout: scanMs });
  await chart(page, 'cost').waitFor();
}

async function compareWithTree({ page }) {
  const groups = page.locator('.part.sidebar .monaco-list-row[aria-level="1"]');
  const inTree = (
    await groups.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label')))
  ).sort();
  const rows = chart(page, 'level').locator('tbody tr');
  const inChart = (
    await rows.evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('th, td.number')].map(({ textContent }) => textContent)),
    )
  ).filter(([, count]) => count !== '0');
  assert.ok(inChart.length > 1, 'several levels');
  assert.deepEqual(
    inChart.map(([level, count]) => `${level}, ${count === '1' ? '1 finding' : `${count} findings`}`).sort(),
    // The tree lists what is in sight: the levels, as long as they are closed.
    inTree,
  );
  for (const id of ['level', 'kind', 'rule', 'wordings', 'cost']) {
    const widths = await chart(page, id)
      .locator('svg rect')
      .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
    assert.ok(Math.max(...widths) > 50, `bars of ${id}: ${widths.join(' ')}`);
  }
}

async function followBar({ page }) {
  const bar = chart(page, 'rule').locator('button').first();
  const [title, said] = [await bar.innerText(), await bar.getAttribute('aria-label')];
  assert.match(said, new RegExp(`^${title}: show \\d+ findings?$`));
  await bar.focus();
  await page.keyboard.press('Enter');
  const focused = page.locator('.part.sidebar .monaco-list:focus-within .monaco-list-row.focused', {
    hasText: title,
  });
  await focused.waitFor();
  await runCommand(page, 'Backfire: Group by Level');
}

async function lookInTheme({ page, cache }, theme, picture, bodyClass) {
  await chooseTheme(page, theme);
  await pageOf(page).locator(`body.${bodyClass} section.level`).waitFor();
  await runCommand(page, 'Notifications: Clear All Notifications');
  const fills = await chart(page, 'level')
    .locator('svg')
    .evaluateAll((all) => all.map((bar) => getComputedStyle(bar).fill));
  assert.equal(new Set(fills).size, fills.length, `levels have their colours: ${fills.join(' ')}`);
  // All of the page, and nothing that fades away.
  await page.setViewportSize({ width: 1400, height: 1340 });
  await pageOf(page).locator('section.cost').scrollIntoViewIfNeeded();
  await setTimeout(500);
  await page.screenshot({ path: join(cache, picture) });
  await page.setViewportSize({ width: 1400, height: 900 });
}

async function reloadWindow({ page }) {
  const text = async () => (await pageOf(page).locator('#panel').innerText()).replace(/\s+/g, ' ');
  const before = await text();
  await page.reload();
  await pageOf(page).locator('section.cost').waitFor();
  // The page's own memory answers first; the extension has the same, from what it has kept.
  await page.locator('.part.sidebar .monaco-list-row', { hasText: 'insecure_snippets.py' }).first().waitFor();
  await setTimeout(1000);
  assert.equal(await text(), before);
  // A page that has nothing to remember.
  await runCommand(page, 'View: Close Editor');
  await openFromStatusBar(page);
  await pageOf(page).locator('section.cost').waitFor();
  assert.equal(await text(), before);
}

async function openFromStatusBar(page) {
  await page.locator('.statusbar-item', { hasText: 'Backfire' }).hover();
  await page.locator('.monaco-hover a', { hasText: 'Show Summary' }).click();
}

function onlyAllowed({ log }) {
  const lines = readFileSync(log, 'utf8').split('\n');
  assert.deepEqual(
    lines.filter((line) => line.includes('Content Security Policy')),
    [],
  );
}
