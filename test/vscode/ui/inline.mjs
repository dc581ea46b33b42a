// Looks at inline activations as a person does: from outside, in the workbench's page.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { chooseTheme, runCommand } from '../openHost.mjs';

const themes = [
  ['dark', 'Dark Modern', 'inline.png', 'vs-dark'],
  ['light', 'Light Modern', 'inline-light.png', 'vs'],
  ['high contrast', 'Dark High Contrast', 'inline-high-contrast.png', 'hc-black'],
];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['toggling them analyzes the file and colours its tokens', toggle],
  ...themes.map(([name, ...theme]) => [
    `coloured tokens show in a ${name} theme`,
    (context) => lookInTheme(context, ...theme),
  ]),
  ['another measure is chosen by keyboard', chooseSurprise],
  ['they go away with the same command', toggleBack],
];

/** Inside the text: glyphs and their decorations; the class of a decoration type begins with `ced-`. */
function decorated(page) {
  return page.locator('.monaco-editor .view-overlays [class*="ced-"]');
}

async function toggle({ page }) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'lessons.py' }).dblclick();
  await page.locator('.monaco-editor .view-line').first().waitFor();
  await runCommand(page, 'Backfire: Toggle Inline Activations');
  await page
    .locator('.monaco-editor .view-line [class*="dyn-rule"], .monaco-editor .view-line', {
      hasText: /\+0\.\d\d/,
    })
    .first()
    .waitFor();
}

/** Distinct looks of decorations in the text. */
async function looksOf(page) {
  const all = await decorated(page).evaluateAll((marks) =>
    marks.map((mark) => {
      const { backgroundColor, borderBottomWidth, borderBottomColor } = getComputedStyle(mark);
      return `${backgroundColor} ${borderBottomWidth} ${borderBottomColor}`;
    }),
  );
  return new Set(all);
}

async function lookInTheme({ page, cache }, theme, picture, kind) {
  await chooseTheme(page, theme);
  await page.locator(`.monaco-workbench.${kind}`).waitFor();
  await runCommand(page, 'Notifications: Clear All Notifications');
  await page.waitForTimeout(500); // Colours fade over.
  const looks = await looksOf(page);
  await page.screenshot({ path: join(cache, picture) });
  assert.ok(looks.size > 4, `tokens differ by their step: ${[...looks].join(', ')}`);
}

async function chooseSurprise({ page, cache }) {
  await chooseTheme(page, 'Dark Modern');
  const before = await looksOf(page);
  await runCommand(page, 'Backfire: Choose Inline Activations');
  const choice = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Surprise' });
  await choice.waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForTimeout(1500);
  const after = await looksOf(page);
  await page.screenshot({ path: join(cache, 'inline-surprise.png') });
  assert.ok(
    [...after].some((look) => !before.has(look)),
    'surprise has a colour of its own',
  );
}

async function toggleBack({ page }) {
  const before = await decorated(page).count();
  await runCommand(page, 'Backfire: Toggle Inline Activations');
  await page.waitForTimeout(1000);
  assert.ok((await decorated(page).count()) < before / 2);
}
