// Looks at a stealth slip as a person sees it: in the panel, and in the HTML report. The sample really slips, by the embedded pack.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../hostSetUp.mjs';
import { chooseTheme, runCommand, webview } from '../openHost.mjs';
import { faultless } from './accessibility.mjs';

const sample = join(import.meta.dirname, 'review.md');
const says =
  /Stealth slip: .*\s+It scores the payload \+?(\d+\.\d\d) without the frame and ([+−]?\d+\.\d\d) with it, and flags from \+(\d+\.\d\d) on\. The features keep firing: entanglement 0\.\d\d\.\s+The probe reads the manner .* \(docs\/science\.md\)\./;

/** Files that the workspace holds when the window opens, beside those of every view. */
export const samples = [sample];

/** Names and checks, one after the other in one window. */
export const looks = [
  ['the panel has a notice with both scores and the threshold', noticeInPanel],
  ['the notice has no fault that axe knows of', ({ page }) => faultless(webview(page, 'backfire.backfire'))],
  ['the HTML report has the same notice', noticeInReport],
];

function checkScores(text) {
  const [, bare, framed, threshold] = says.exec(text) ?? [];
  assert.ok(bare, text);
  const number = (score) => Number(score.replace('−', '-'));
  assert.ok(number(bare) >= number(threshold) && number(framed) < number(threshold), text);
}

async function noticeInPanel({ page, cache }) {
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'review.md' }).dblclick();
  await page.locator('.monaco-editor .view-line').first().waitFor();
  await runCommand(page, 'Backfire: Analyze File');
  await runCommand(page, 'Backfire: Show Panel');
  const panel = webview(page, 'backfire.backfire');
  await panel.locator('.token.payload').first().waitFor();
  const notice = panel.getByRole('region', { name: 'Stealth slip' });
  checkScores(await notice.innerText());
  assert.equal(await notice.locator('a').count(), 0);
  await chooseTheme(page, 'Dark Modern');
  await runCommand(page, 'Notifications: Clear All Notifications');
  await panel.locator('h1').first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(500); // Colours fade over.
  await page.screenshot({ path: join(cache, 'panel-slip.png') });
}

async function noticeInReport({ page, cache }) {
  const file = join(cache, 'slip.html');
  const scan = ['scan', sample, '--format', 'html', '--min-level', 'none', '--output', file, '--quiet'];
  const env = { ...process.env, BACKFIRE_CACHE: 'off' };
  execFileSync(process.execPath, [join(root, 'dist', 'cli.mjs'), ...scan], { env });
  const report = await page.context().browser().newPage();
  await report.goto(pathToFileURL(file).href);
  await report.locator('.finding > summary').first().click();
  checkScores(await report.locator('.slip').innerText());
  await report.screenshot({ path: join(cache, 'report-slip.png') });
  await report.close();
}
