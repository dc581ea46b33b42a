import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import { packagePath, runtimeFiles, universal } from './packageTargets.mjs';
import { root } from './setUp.mjs';

const pack = 'models/smollm2-135m-instruct';

/** Bytes of a whole package. Weights hardly shrink; what differs between platforms is the native runtime. */
const sizes = { least: 90e6, most: 140e6 };

/** Every file that a package may hold, beside those of its platform's runtime: no sources, tests, lab or maps. */
const allowed = [
  /^(?:package\.json|package\.nls(?:\.\w+)?\.json|readme\.md|changelog\.md|LICENSE\.txt|NOTICE)$/,
  /^media\/(?:\w+\.(?:svg|png)|gutter\/[\w-]+\.svg|walkthrough\/\w+\.md)$/,
  /^l10n\/bundle\.l10n(?:\.\w+)?\.json$/,
  /^docs\/rules\/[\w-]+\.md$/,
  /^dist\/(?:extension|cli|engine|extension\/[\w-]+)\.mjs$/,
  /^dist\/[\w./-]+\.LEGAL\.txt$/,
  /^dist\/grammars\/[\w-]+\.wasm$/,
  /^dist\/webview\/(?:panel|summary)\.(?:js|css)$/,
  /^dist\/report\/page\.(?:js|css)$/,
  new RegExp(`^${pack}/[\\w.-]+$`),
  /^node_modules\/onnxruntime-common\/(?:package\.json|dist\/(?:cjs|esm)\/(?:package\.json|[\w-]+\.js))$/,
  /^node_modules\/onnxruntime-web\/(?:package\.json|dist\/ort(?:\.node\.min\.mjs|-wasm-simd-threaded\.(?:mjs|wasm)))$/,
  /^node_modules\/@vscode\/tree-sitter-wasm\/(?:package\.json|LICENSE|wasm\/tree-sitter\.js)$/,
];

/** Unpacks a package and throws unless it holds all that it needs, nothing else, and only its own platform's runtime. */
export async function checkContents(target) {
  const vsix = packagePath(target);
  const { files, manifest } = await unpacked(vsix);
  const runtime = runtimeFiles(target);
  const required = [...requiredFiles(), ...runtime];
  const problems = [
    ...required.filter((file) => !files.has(file)).map((file) => `${file} is missing`),
    ...[...files.keys()]
      .filter((file) => !runtime.includes(file) && !allowed.some((pattern) => pattern.test(file)))
      .map((file) => `${file} must not be in it`),
    ...wrongHashes(files),
    ...(isFor(manifest, target) ? [] : [`its manifest does not say ${target}`]),
    ...sizeProblem(readFileSync(vsix).length),
  ];
  if (problems.length > 0) throw new Error(`${vsix}:\n${problems.join('\n')}`);
  console.log(`ok     contents of ${target}: ${files.size} files`);
}

function isFor(manifest, target) {
  return target === universal
    ? !manifest.includes('TargetPlatform')
    : manifest.includes(`TargetPlatform="${target}"`);
}

function requiredFiles() {
  const all = (folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  return [
    ...['package.json', 'package.nls.json', 'package.nls.de.json', 'LICENSE.txt', 'NOTICE'],
    ...['readme.md', 'changelog.md', 'media/icon.png'],
    ...['dist/extension.mjs', 'dist/cli.mjs', 'dist/engine.mjs'],
    ...all('dist/extension').filter((name) => name.endsWith('.mjs')),
    ...[
      'dist/webview/panel.js',
      'dist/webview/panel.css',
      'dist/webview/summary.js',
      'dist/webview/summary.css',
    ],
    ...['dist/report/page.js', 'dist/report/page.css'],
    ...['docs/rules', 'l10n', 'media/gutter', 'media/walkthrough', 'dist/grammars', pack].flatMap(all),
    'node_modules/onnxruntime-common/dist/cjs/index.js',
    'node_modules/onnxruntime-common/dist/esm/index.js',
    'node_modules/onnxruntime-web/package.json',
    ...['ort.node.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'].map(
      (name) => `node_modules/onnxruntime-web/dist/${name}`,
    ),
    'node_modules/@vscode/tree-sitter-wasm/wasm/tree-sitter.js',
  ];
}

/** The pack is taken at its own word: what was packed must be what it names. */
function wrongHashes(files) {
  const named = JSON.parse(readFileSync(join(root, pack, 'pack.json'), 'utf8')).files;
  return named
    .filter(({ path, sha256 }) => files.get(`${pack}/${path}`) !== sha256)
    .map(({ path }) => `${pack}/${path} is not the file that pack.json names`);
}

function sizeProblem(bytes) {
  if (bytes >= sizes.least && bytes <= sizes.most) return [];
  return [`${bytes} bytes, which is not between ${sizes.least} and ${sizes.most}`];
}

/** SHA-256 of each file of the extension by its path, and the text of the package's own manifest. */
async function unpacked(vsix) {
  const files = new Map();
  let manifest = '';
  const zip = await openPromise(vsix);
  for await (const entry of zip.eachEntry()) {
    const content = await buffer(await zip.openReadStreamPromise(entry));
    if (entry.fileName === 'extension.vsixmanifest') manifest = content.toString('utf8');
    const path = /^extension\/(.*)$/.exec(entry.fileName)?.[1];
    if (path) files.set(path, createHash('sha256').update(content).digest('hex'));
  }
  return { files, manifest };
}
