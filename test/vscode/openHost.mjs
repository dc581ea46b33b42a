// Starts the installed VS Code server on 127.0.0.1 and opens its workbench in headless Chromium.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium, hostNode, hostVscode, setUpHost } from './hostSetUp.mjs';

/** A window opens in seconds; a machine that does much else may need far longer. */
const patienceMs = 120_000;

/** A plain window: nothing but the extension under test. */
const plainSettings = {
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'files.autoSave': 'off',
  'window.autoDetectHighContrast': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
};

/**
 * @param {object} options all paths absolute
 * @param {string} options.folder the workspace to open
 * @param {string} options.extension the extension under development
 * @param {string} [options.install] a package to install first, as a person does
 * @param {string} [options.tests] the module whose run() VS Code calls in its extension host
 * @param {string} options.log file for everything that the server and the browser say
 * @param {Record<string, string>} [options.env] for the extension host
 * @returns the Playwright page, a promise of how the tests ended (0: all passed), and dispose()
 */
export async function openHost({ folder, extension, install, tests, log, env }) {
  const executablePath = findChromium();
  setUpHost();
  const data = mkdtempSync(join(tmpdir(), 'vscode-')); // short: there are sockets in it
  mkdirSync(join(data, 'User'));
  writeFileSync(join(data, 'User/settings.json'), JSON.stringify(plainSettings));
  writeFileSync(log, '');
  const say = (text) => appendFileSync(log, text);

  if (install) installPackage(install, data, say);
  const server = startServer(data, env);
  const cleanUp = () => {
    try {
      process.kill(-server.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
    rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  process.once('exit', cleanUp);
  let browser;
  const dispose = async () => {
    await browser?.close();
    process.removeListener('exit', cleanUp);
    cleanUp();
  };
  let ended;
  const testsEnded = new Promise((resolve) => (ended = resolve));
  try {
    const port = await portOf(server, say, (how) => ended(how));
    browser = await chromium.launch({
      executablePath,
      args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'], // no internet, wherever this runs
    });
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(patienceMs);
    page.on('crash', () => ended('the page crashed'));
    page.on('console', (message) => say(`[browser ${message.type()}] ${message.text()}\n`));
    // VS Code calls these two when it runs extension tests in a browser.
    await page.exposeFunction('codeAutomationLog', (type, args) => say(`[${type}] ${format(...args)}\n`));
    await page.exposeFunction('codeAutomationExit', (code) => ended(code));
    const uri = (path) => ({ scheme: 'vscode-remote', authority: `127.0.0.1:${port}`, path });
    const development = { extensions: [uri(extension)], ...(tests && { extensionTestsPath: uri(tests) }) };
    await page.addInitScript(setDevelopmentOptions, development);
    await page.goto(`http://127.0.0.1:${port}/?${new URLSearchParams({ folder })}`);
    await page.waitForSelector('.monaco-workbench');
    return { page, testsEnded, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function installPackage(vsix, data, say) {
  const options = ['--install-extension', vsix, '--extensions-dir', join(data, 'extensions')];
  const done = spawnSync(
    hostNode,
    [
      join(hostVscode, 'out/server-main.js'),
      ...options,
      '--server-data-dir',
      data,
      '--accept-server-license-terms',
    ],
    { encoding: 'utf8', env: { ...process.env, EXTENSIONS_GALLERY: '{}' } },
  );
  say(`${done.stdout}${done.stderr}`);
  if (done.status !== 0) throw new Error(`VS Code does not install ${vsix}: ${done.stdout}${done.stderr}`);
}

function startServer(data, env) {
  const options = [
    ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
    ...[
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-workspace-trust',
      '--force-disable-user-env',
    ],
    // Should we die without a word, it ends by itself five minutes later.
    ...['--enable-remote-auto-shutdown', '--reconnection-grace-time', '10'],
    ...['--server-data-dir', data, '--user-data-dir', data, '--extensions-dir', join(data, 'extensions')],
  ];
  return spawn(hostNode, [join(hostVscode, 'out/server-main.js'), ...options], {
    detached: true, // a process group of its own, so that the extension host ends with it
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      EXTENSIONS_GALLERY: '{}',
      TMPDIR: data, // its sockets
      XDG_RUNTIME_DIR: data,
      VSCODE_SKIP_BUILTIN_EXTENSIONS: 'vscode.git', // it wants the native module @vscode/fs-copyfile
      ...env,
    },
  });
}

/** Resolves with the port once the server listens; `onCrash` hears of an extension host that died, and of the server's end. */
function portOf(server, say, onCrash) {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk) => {
      say(chunk);
      output += chunk;
      const listening = /Extension host agent listening on (\d+)/.exec(output);
      if (listening) resolve(listening[1]);
      const crashed = /Extension Host Process exited with code: (?!0,).*/.exec(output);
      if (crashed) onCrash(crashed[0]);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.on('error', reject);
    server.on('exit', (code, signal) => {
      onCrash(`the VS Code server ended with ${code ?? signal}`);
      reject(new Error(`the VS Code server ended with ${code ?? signal}:\n${output}`));
    });
  });
}

/**
 * Runs in the page: adds to the workbench's configuration, before the workbench reads it. The other way in, the address's
 * `payload` with `--enable-smoke-test-driver`, shows no notifications.
 */
function setDevelopmentOptions(options) {
  if (window !== window.top) return;
  const observer = new MutationObserver(() => {
    const element = document.getElementById('vscode-workbench-web-configuration');
    if (!element) return;
    observer.disconnect();
    const settings = JSON.parse(element.dataset.settings);
    Object.assign(settings.developmentOptions, options);
    element.dataset.settings = JSON.stringify(settings);
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** Runs a command by its title, as a user does; waits until an extension has brought it. */
export async function runCommand(page, title, timeout = patienceMs) {
  for (const end = Date.now() + timeout; ;) {
    try {
      await page.keyboard.press('F1');
      await page.locator('.quick-input-widget input').fill(`>${title}`, { timeout: 1000 });
      return await page
        .locator('.quick-input-list .monaco-list-row', { hasText: title })
        .first()
        .click({ timeout: 1000 });
    } catch (error) {
      // Too early, for the window or for the extension.
      if (Date.now() > end) throw error;
      await page.keyboard.press('Escape');
    }
  }
}

/** Through the palette, as a person does it. */
export async function chooseTheme(page, theme) {
  await runCommand(page, 'Preferences: Color Theme');
  await page.locator('.quick-input-widget input').fill(theme);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: theme }).first().click();
}

/** The document of an extension's webview: workbench > iframe.webview (the wrapper) > iframe#active-frame. */
export function webview(page, extensionId) {
  return page
    .frameLocator(`iframe.webview.ready[src*="extensionId=${extensionId}"]`)
    .frameLocator('#active-frame');
}
