import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { afterEach, describe, expect, it } from 'vitest';
import { infoRequest } from '../../src/engine/protocol.js';
import { packFolder, root } from '../model/packFixture.js';
import { isRunning } from './engineFixture.js';

const entry = join(root, 'dist', 'engine.mjs');
const engineArguments = JSON.stringify({
  packFolder,
  grammarFolder: join(root, 'dist', 'grammars'),
  idleSeconds: 300,
  memoryBytes: { native: 1e9, wasm: 2e9 },
  threads: 1,
});

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

describe('the process of the engine', () => {
  it('ends when the process that started it is killed, though nothing tells it so', async () => {
    const script = `import { fork } from 'node:child_process';
      const engine = fork(process.argv[1], [process.argv[2]], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      console.log(engine.pid);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script, entry, engineArguments]);
    started.push(parent);
    const engine = await new Promise<number>((found) =>
      parent.stdout.once('data', (line) => found(Number(line))),
    );
    // Long enough for it to be deep in opening the model, or idle behind it.
    await sleep(1000);
    expect(isRunning(engine)).toBe(true);
    parent.kill('SIGKILL');
    while (isRunning(engine)) await sleep(50);
  });

  it('leaves nothing of its runtime behind: no identifier, no log, no store of events to send', async () => {
    const home = mkdtempSync(join(tmpdir(), 'backfire-home-'));
    const temporary = join(home, 'tmp');
    mkdirSync(temporary);
    // The variables of a build machine would silence the runtime by themselves.
    const { PATH } = process.env;
    const engine = fork(entry, [engineArguments], {
      env: { PATH, HOME: home, TMPDIR: temporary },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    started.push(engine);
    const connection = createMessageConnection(new IPCMessageReader(engine), new IPCMessageWriter(engine));
    connection.listen();
    await connection.sendRequest(infoRequest);
    expect(readdirSync(home, { recursive: true })).toEqual(['tmp']);
    connection.dispose();
  });
});
