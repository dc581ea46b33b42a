import { copyFile, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build, context } from 'esbuild';

const root = import.meta.dirname;
const dist = join(root, 'dist');
const watch = process.argv.includes('--watch');

/** Grammars that the analysis parses with; the package holds more. */
const grammars = [
  ...['bash', 'c-sharp', 'cpp', 'css', 'go', 'java', 'javascript', 'php', 'powershell'],
  ...['python', 'ruby', 'rust', 'tsx', 'typescript'],
];

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  logLevel: 'warning',
  legalComments: 'external',
  define: {
    'process.env.BACKFIRE_VERSION': JSON.stringify(createRequire(import.meta.url)('./package.json').version),
  },
};

/** @type {import('esbuild').BuildOptions} */
const node = {
  ...shared,
  platform: 'node',
  target: 'node20',
  // Native or located by file name at run time: these stay packages.
  external: ['vscode', 'onnxruntime-node', 'onnxruntime-web', '@vscode/tree-sitter-wasm'],
};

/** CommonJS packages inside an ES module ask for Node's own modules by require. @type {import('esbuild').BuildOptions} */
const nodeModule = {
  ...node,
  outdir: dist,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
};

/** @type {import('esbuild').BuildOptions[]} */
const bundles = [
  {
    ...nodeModule,
    entryPoints: { extension: 'src/extension.ts' },
    // What is imported where it is first needed is a file of its own: activation would pay for compiling it.
    splitting: true,
    chunkNames: 'extension/[name]-[hash]',
    // Names stay: without them a stack in somebody's log would say nothing.
    minifyWhitespace: true,
    minifySyntax: true,
  },
  { ...nodeModule, entryPoints: { cli: 'src/cli.ts', engine: 'src/engine/server.ts' } },
  {
    ...shared,
    entryPoints: { panel: 'webview/panel.ts', summary: 'webview/summary.ts' },
    outdir: join(dist, 'webview'),
    format: 'iife',
    target: 'chrome120',
  },
  {
    ...shared,
    entryPoints: { page: 'webview/report/page.ts' },
    outdir: join(dist, 'report'),
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // It stands inside a file: a reference to a source map would be followed in vain.
    sourcemap: false,
    minify: true,
    charset: 'ascii',
  },
];

async function copyGrammars() {
  const from = join(
    dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm/package.json')),
    'wasm',
  );
  const to = join(dist, 'grammars');
  await mkdir(to, { recursive: true });
  const files = ['tree-sitter.wasm', ...grammars.map((name) => `tree-sitter-${name}.wasm`)];
  await Promise.all(files.map((file) => copyFile(join(from, file), join(to, file))));
}

await rm(dist, { recursive: true, force: true });
await copyGrammars();
if (watch) for (const bundle of bundles) await (await context(bundle)).watch();
else await Promise.all(bundles.map((bundle) => build(bundle)));
