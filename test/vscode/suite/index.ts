import { appendFileSync, writeFileSync } from 'node:fs';
import { Console } from 'node:console';
import { Writable } from 'node:stream';

/** VS Code calls this inside its extension host: the same in a downloaded VS Code and in the host. */
export async function run(): Promise<void> {
  const output = process.env['BACKFIRE_TEST_OUTPUT'];
  if (output) {
    const write = (chunk: Buffer, _: string, done: () => void) => {
      appendFileSync(output, chunk);
      done();
    };
    // VS Code protects console.log from being replaced, but not console.
    globalThis.console = new Console(new Writable({ write }));
  }
  // Not earlier: mocha keeps the console.log that it finds.
  const { default: Mocha } = await import('mocha');
  const grep = process.env['BACKFIRE_TEST_GREP'];
  const mocha = new Mocha({ color: false, timeout: 240_000, ...(grep ? { grep } : {}) });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./activation.test.js');
  await import('./analysis.test.js');
  await import('./edits.test.js');
  await import('./agents.test.js');
  await import('./suppression.test.js');
  await import('./scan.test.js');
  await import('./summary.test.js');
  await import('./export.test.js');
  await import('./marks.test.js');
  await import('./inline.test.js');
  await import('./features.test.js');
  await import('./alternatives.test.js');
  await import('./modelPack.test.js');
  await import('./engineTrouble.test.js');
  await new Promise<void>((resolve) => {
    const failures: string[] = [];
    const runner = mocha.run(() => {
      const result = process.env['BACKFIRE_TEST_RESULT'];
      if (result) writeFileSync(result, JSON.stringify({ passed: runner.stats?.passes ?? 0, failures }));
      resolve();
    });
    runner.on('fail', (test, error: Error) => failures.push(`${test.fullTitle()}\n${error.stack}`));
  });
}
