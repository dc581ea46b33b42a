// Looks at the Findings view as a person does: from outside, in the workbench's page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chooseTheme, runCommand } from '../openHost.mjs';

const themes = [
  ['dark', 'Dark Modern', 'findings.png', 'vs-dark'],
  ['light', 'Light Modern', 'findings-light.png', 'vs'],
  ['high contrast', 'Dark High Contrast', 'findings-high-contrast.png', 'hc-black'],
];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['an empty view offers a scan, and fills while it runs', scanFromWelcome],
  ['a click opens the file at the payload, under its lens', openAtPayload],
  ['the view is used by keyboard, and says what a row is', useByKeyboard],
  ['findings can be grouped and filtered', groupAndFilter],
  ...themes.map(([name, ...theme]) => [
    `findings and their marks show in a ${name} theme`,
    (context) => lookInTheme(context, ...theme),
  ]),
  ['the view has no fault that axe knows of', checkAccessibility],
  ['the findings are there after a reload of the window', reloadWindow],
];

function sideBar(page) {
  return page.locator('.part.sidebar');
}

function rows(page) {
  return sideBar(page).locator('.monaco-list-row');
}

function findingRows(page) {
  return sideBar(page).locator('.monaco-list-row', { hasText: 'lessons.py:' });
}

async function scanFromWelcome({ page }) {
  await runCommand(page, 'Backfire: Focus on Findings View');
  await sideBar(page).locator('.monaco-button', { hasText: 'Analyze Workspace' }).click();
  await findingRows(page).first().waitFor();
  await sideBar(page).locator('.message', { hasText: 'Last scan: 2 files, 3 findings.' }).waitFor();
  await page
    .locator('.activitybar .badge-content', { hasText: /^[123]$/ })
    .first()
    .waitFor();
}

async function openAtPayload({ page }) {
  await findingRows(page).first().click();
  await page.locator('.monaco-editor .view-line').first().waitFor();
  const lens = page.locator('.codelens-decoration', { hasText: 'teach ratio' }).first();
  await lens.waitFor();
  assert.match(await lens.innerText(), /why\?/);
  await page.locator('.monaco-editor .selected-text').first().waitFor();
}

async function useByKeyboard({ page }) {
  // By the keyboard alone: a click would hand the focus to the editor.
  await sideBar(page).locator('.monaco-list').first().focus();
  await page.keyboard.press('End');
  const label = await sideBar(page).locator('.monaco-list-row.focused').getAttribute('aria-label');
  assert.match(
    label,
    /^(high|medium|low): .*teach ratio .* · Warning comment above code, lessons\.py, Line \d+/,
  );
  await page.keyboard.press('Enter');
  await page.locator('.tab.active', { hasText: 'lessons.py' }).waitFor();
}

async function groupAndFilter({ page }) {
  const before = await findingRows(page).count();
  await runCommand(page, 'Backfire: Group by Folder');
  await rows(page).filter({ hasText: 'Line 9' }).waitFor();
  await runCommand(page, 'Backfire: Filter Findings');
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'security' }).click();
  await page.keyboard.press('Enter');
  await sideBar(page)
    .locator('.message', { hasText: `of ${before} findings pass the filter` })
    .waitFor();
  await runCommand(page, 'Backfire: Remove Filter');
  await runCommand(page, 'Backfire: Group by Level');
  await findingRows(page)
    .nth(before - 1)
    .waitFor();
}

async function lookInTheme({ page, cache }, theme, picture, kind) {
  await chooseTheme(page, theme);
  await page.locator(`.monaco-workbench.${kind}`).waitFor();
  await runCommand(page, 'Notifications: Clear All Notifications');
  await findingRows(page).first().click();
  await page.locator('.codelens-decoration').first().waitFor();
  await page.screenshot({ path: join(cache, picture) });
}

async function checkAccessibility({ page }) {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const violations = await page.evaluate(async () => {
    const view = document.querySelector('.part.sidebar .pane-body');
    // The name of a row says the same as its text in another order, level first.
    const rules = { 'label-content-name-mismatch': { enabled: false } };
    const { violations } = await window.axe.run(view, { rules });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join('\n')}`,
    );
  });
  assert.deepEqual(violations, []);
}

/** Without another scan: the message of the last one is gone, its findings are not. */
async function reloadWindow({ page }) {
  const before = await findingRows(page).allInnerTexts();
  await page.reload();
  await findingRows(page).first().waitFor();
  assert.deepEqual(await findingRows(page).allInnerTexts(), before);
  assert.equal(await sideBar(page).locator('.message', { hasText: 'Last scan' }).count(), 0);
}
