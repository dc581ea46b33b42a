// Looks at the panel as a person does: from outside, in the workbench's page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseTheme, runCommand, webview } from '../openHost.mjs';

const themes = [
  ['dark', 'Dark Modern', 'panel.png', 'vscode-dark'],
  ['light', 'Light Modern', 'panel-light.png', 'vscode-light'],
  ['high contrast', 'Dark High Contrast', 'panel-high-contrast.png', 'vscode-high-contrast'],
];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['analyzing a file marks it and fills the panel', analyzeAndOpen],
  ['the panel is used by keyboard, and its table has a row for each token', useByKeyboard],
  ...themes.map(([name, ...theme]) => [
    `the heat map shows in a ${name} theme`,
    (context) => lookInTheme(context, ...theme),
  ]),
  ['the panel shows the same after a reload of the window', reloadWindow],
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
  await panel.locator('.token').first().waitFor();
  await shownWhole(panel);
  assert.ok((await panel.locator('.measures').innerText()).includes('Teach ratio'));
}

async function shownWhole(panel) {
  const shown = (await panel.locator('.token').allTextContents()).join('');
  assert.ok(shown.includes('def store_password(password):'), 'the sample is there, with its context');
}

async function useByKeyboard({ page }) {
  const panel = panelOf(page);
  await panel.locator('div.tokens').focus();
  await page.keyboard.press('End');
  assert.match(await panel.locator('.readout').innerText(), /nats per payload token$/);
  await panel.locator('summary').focus();
  await page.keyboard.press('Enter');
  await panel.locator('details tbody tr').first().waitFor();
  assert.equal(await panel.locator('details tbody tr').count(), await panel.locator('.token').count());
  await page.keyboard.press('Enter');
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
  assert.ok(new Set(tints).size > 3, `tokens differ by what they teach: ${[...new Set(tints)].join(', ')}`);
}

/** Also without an engine: what the panel shows then is what it kept. */
async function reloadWindow({ page }) {
  const before = await textsOf(panelOf(page));
  // VS Code in a browser keeps open editors once a minute, when idle; what it writes while a page goes may not arrive.
  await page.waitForTimeout(75_000);
  await page.reload();
  const panel = panelOf(page);
  await panel.locator('.token').first().waitFor();
  assert.deepEqual(await textsOf(panel), before);
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
