import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setUp.mjs';

const runtimes = 'node_modules/onnxruntime-node/bin/napi-v6';

/** Platforms of VS Code for which ONNX Runtime brings a native library. It has none for darwin-x64, Alpine and linux-armhf. */
export const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/** The native files of one platform, as paths in the repository. */
export function runtimeFiles(target) {
  const folder = `${runtimes}/${target.replace('-', '/')}`;
  return (
    readdirSync(join(root, folder))
      // The library is there twice for macOS; the binding loads the one that is named by its major version.
      .filter((name) => !/^libonnxruntime\.\d+\.\d+\.\d+\.dylib$/.test(name))
      .map((name) => `${folder}/${name}`)
  );
}

export function packagePath(target) {
  return join(root, 'out', `backfire-${target}.vsix`);
}
