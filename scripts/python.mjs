import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './setUp.mjs';

/** CPU wheels of torch stand in an index of their own; where that can't be reached, the default index has to do. */
const torchIndex = 'https://download.pytorch.org/whl/cpu';

/** The lab's Python in a virtual environment of the project, made when needed; undefined without a Python of 3.10 or later. */
export function labPython() {
  const requirements = ['requirements.txt', 'requirements-alone.txt'].map((name) => join(root, 'lab', name));
  return environment(join(root, '.venv'), requirements, installLab);
}

/** The same for the scan on a cluster; undefined also where Ray has no package for this Python or platform. */
export function clusterPython() {
  return environment(join(root, 'cluster', '.venv'), [join(root, 'cluster', 'requirements.txt')], installAll);
}

/** A Python with datatrove, which the bench compares with: apart from the lab, whose packages it would hold back. */
export function datatrovePython() {
  const requirements = join(root, 'lab', 'datatrove-requirements.txt');
  return environment(join(root, '.cache', 'bench', 'datatrove'), [requirements], installAll);
}

function environment(folder, requirements, install) {
  const python = systemPython();
  if (!python) return undefined;
  const binary =
    process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python');
  const hash = createHash('sha256')
    .update(requirements.map((file) => readFileSync(file, 'utf8')).join('\0'))
    .digest('hex');
  const stamp = join(folder, '.backfire-requirements');
  if (existsSync(binary) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return binary;
  console.error(`Making a virtual environment in ${relative(root, folder)} (once, a few minutes) …`);
  must(python, ['-m', 'venv', '--clear', folder]);
  if (!install(binary, requirements)) return undefined;
  writeFileSync(stamp, hash);
  return binary;
}

function pip(...options) {
  return ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...options];
}

function installAll(binary, [requirements]) {
  return tried(binary, pip('-r', requirements)).status === 0;
}

function installLab(binary, [requirements, alone]) {
  const torch = /^torch==\S+/m.exec(readFileSync(requirements, 'utf8'))[0];
  // First torch alone and without its dependencies' GPU parts: the plain wheel of the default index brings gigabytes of CUDA.
  const cpu = tried(binary, pip('--index-url', torchIndex, '--retries', '0', '--timeout', '15', torch));
  if (cpu.status !== 0) must(binary, pip(torch));
  must(binary, pip('-r', requirements));
  if (tried(binary, pip('--no-deps', '-r', alone)).status !== 0)
    console.error(`${relative(root, alone)} does not install here: what needs it is skipped.`);
  return true;
}

function systemPython() {
  return ['python3', 'python'].find(
    (name) =>
      spawnSync(name, ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'], {
        stdio: 'ignore',
      }).status === 0,
  );
}

/** What pip warns of on the way is of interest only when it fails. */
function tried(program, options) {
  return spawnSync(program, options, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
}

function must(program, options) {
  const done = tried(program, options);
  if (done.status !== 0) {
    console.error(`${done.stderr ?? ''}${program} ${options.join(' ')} failed.`);
    process.exit(2);
  }
}
