import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setUp.mjs';

const runtimes = 'node_modules/onnxruntime-node/bin/napi-v6';

/** Platforms of VS Code for which ONNX Runtime brings a native library. It has none for darwin-x64, Alpine and linux-armhf. */
const platforms = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/** For those, and all that may come: WebAssembly alone, which is in the packages of platforms too, where their own does not load. */
export const universal = 'universal';

export const targets = [...platforms, universal];

/** The native runtime of one platform, as paths in the repository. */
export function runtimeFiles(target) {
  if (target === universal) return [];
  const folder = `${runtimes}/${target.replace('-', '/')}`;
  const native = readdirSync(join(root, folder))
    // The library is there twice for macOS; the binding loads the one that is named by its major version.
    .filter((name) => !/^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/.test(name))
    // Loaded when a graph is to run on a graphics processor, which ours never are: onnxruntime.dll imports none of them at its start.
    .filter((name) => !/^(?:DirectML|dxcompiler|dxil)\.dll$/.test(name))
    .map((name) => `${folder}/${name}`);
  const scripts = readdirSync(join(root, 'node_modules/onnxruntime-node/dist'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => `node_modules/onnxruntime-node/dist/${name}`);
  return ['node_modules/onnxruntime-node/package.json', ...scripts, ...native];
}

export function packagePath(target) {
  return join(root, 'out', `backfire-${target}.vsix`);
}
