// Renders the pictures of the docs from the real product: npm run pictures. Needs the Chromium of the editor's tests.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from '../test/vscode/hostSetUp.mjs';
import { root, run, setUp } from './setUp.mjs';

const pictures = join(root, 'docs', 'pictures');
const columns = 100;

setUp();
mkdirSync(pictures, { recursive: true });
await terminal();
await report();
editor();

/** What a person sees of `npm start` on one of the examples, in the colours of a terminal. */
async function terminal() {
  const output = execFileSync(
    process.execPath,
    ['scripts/backfire.mjs', 'scan', 'examples/session-store.js', 'examples/deploy.sh'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '1', COLUMNS: String(columns) } },
  );
  const browser = await chromium.launch({ executablePath: findChromium() });
  try {
    const page = await browser.newPage({ viewport: { width: 960, height: 400 }, deviceScaleFactor: 1.5 });
    await page.setContent(
      `<style>body{margin:0;background:#1b1d23}pre{margin:0;padding:20px 24px;color:#d7dae0;font:14px/1.45 "DejaVu Sans Mono",monospace;width:max-content}</style><pre></pre>`,
    );
    await page
      .locator('pre')
      .evaluate(
        (pre, html) => (pre.innerHTML = html),
        asHtml(`$ npm start -- examples/session-store.js examples/deploy.sh\n\n${output}`),
      );
    await page.locator('pre').screenshot({ path: join(pictures, 'terminal.png') });
  } finally {
    await browser.close();
  }
}

/** The HTML report of the examples, its first finding opened. */
async function report() {
  const folder = mkdtempSync(join(tmpdir(), 'backfire-pictures-'));
  const file = join(folder, 'report.html');
  run(
    process.execPath,
    ...['scripts/backfire.mjs', 'scan', 'examples', '--format', 'html', '--output', file, '--quiet'],
  );
  const browser = await chromium.launch({ executablePath: findChromium() });
  try {
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 1000 }, colorScheme });
      await page.goto(pathToFileURL(file).href);
      await page.locator('.finding > summary').first().click();
      await page.screenshot({ path: join(pictures, `report-${colorScheme}.png`) });
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

/** The views in the real VS Code, as the editor's tests leave it. */
function editor() {
  const code = run(process.execPath, join(root, 'test', 'vscode', 'run.mjs'));
  if (code !== 0) process.exit(code);
  const views = ['panel', 'panel-probe', 'features', 'feature', 'inline', 'findings', 'summary'];
  const pictured = views.flatMap((view) => [`${view}.png`, `${view}-light.png`, `${view}-high-contrast.png`]);
  pictured.push('panel-slip.png', 'panel-scale.png', 'inline-surprise.png', 'inline-feature.png');
  for (const name of pictured) copyFileSync(join(root, '.vscode-test', name), join(pictures, name));
}

/** The few styles that the palette of src/report/palette.ts uses. */
function asHtml(text) {
  const styles = {
    1: 'font-weight:700',
    2: 'opacity:.6',
    31: 'color:#ff6b5e',
    33: 'color:#e5b84b',
    36: 'color:#56b6c2',
    90: 'color:#7f848e',
  };
  const escaped = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  return escaped.replace(/\u001b\[(\d+)m/g, (_, code) =>
    styles[code] ? `<span style="${styles[code]}">` : '</span>',
  );
}
