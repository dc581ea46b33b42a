import { build } from 'esbuild';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../corpus/temporaryFolder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const bundle = join(root, 'node_modules', '.cache', 'backfire-test', 'fakeCli.mjs');

/** Bundles test/cli/fakeCli.ts; call it once before the tests of a file. */
export async function buildFakeCli(): Promise<void> {
  await build({
    entryPoints: [join(root, 'test', 'cli', 'fakeCli.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['onnxruntime-node', 'onnxruntime-web'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves when standard output holds the text. */
  readonly outputHas: (text: string) => Promise<void>;
  /** The same for standard error. */
  readonly errorHas: (text: string) => Promise<void>;
}

/** `shell` runs the command with `"$@"`, for limits and redirections. */
export function startCli(
  args: readonly string[],
  environment: Record<string, string> = {},
  shell?: string,
): Running {
  const command = [process.execPath, bundle, ...args];
  const [program = '', ...rest] = shell === undefined ? command : ['bash', '-c', shell, 'bash', ...command];
  const child = spawn(program, rest, {
    env: { ...process.env, NO_COLOR: '', FORCE_COLOR: '', FAKE_PACK: fakePack(), ...environment },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  const has = (stream: Readable, soFar: () => string) => (text: string) =>
    new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (soFar().includes(text)) resolve();
      };
      stream.on('data', check);
      child.on('close', () => {
        reject(new Error(`ended without ${text}: ${stderr}`));
      });
      check();
    });
  const outputHas = has(child.stdout, () => stdout);
  const errorHas = has(child.stderr, () => stderr);
  return { child, ended, outputHas, errorHas };
}

export async function runCli(
  args: readonly string[],
  input = '',
  environment: Record<string, string> = {},
  shell?: string,
): Promise<Ended> {
  const { child, ended } = startCli(args, environment, shell);
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return ended;
}

interface Manifest {
  graphs: Record<string, string>;
  files: { path: string }[];
}

/** The description of the embedded pack, over files of a few bytes each; but the tokenizer is the real one. */
export function fakePack(): string {
  const folder = temporaryFolder();
  const embedded = join(root, 'models', 'smollm2-135m-instruct');
  const manifest = JSON.parse(readFileSync(join(embedded, 'pack.json'), 'utf8')) as Manifest;
  const files = manifest.files.map((file) => {
    if (file.path.startsWith('tokenizer')) {
      symlinkSync(join(embedded, file.path), join(folder, file.path));
      return file;
    }
    const text = `in place of ${file.path}`;
    writeFileSync(join(folder, file.path), text);
    return { ...file, bytes: text.length, sha256: createHash('sha256').update(text).digest('hex') };
  });
  writeFileSync(
    join(folder, 'pack.json'),
    JSON.stringify({ ...manifest, name: 'fake', version: '1', files }),
  );
  return folder;
}
