/** Layers from the bottom up: a folder may import from those before it, never from those behind it. */
const layers = ['model', 'analysis', 'engine', 'corpus', 'agents', 'report', 'cli', 'editor'];

const layerRules = layers.slice(0, -1).map((layer, index) => ({
  name: `${layer}-is-below-${layers[index + 1]}`,
  severity: 'error',
  comment: 'Arrows between layers point down.',
  from: { path: `^src/${layer}/` },
  to: { path: `^src/((${layers.slice(index + 1).join('|')})/|extension\\.ts|cli\\.ts)` },
}));

export default {
  forbidden: [
    ...layerRules,
    { name: 'no-cycle', severity: 'error', comment: 'Cut the circle.', from: {}, to: { circular: true } },
    {
      name: 'command-line-without-editor',
      severity: 'error',
      comment: 'The command line and the editor share the engine, not each other.',
      from: { path: '^src/editor/' },
      to: { path: '^src/(cli|report)/' },
    },
    {
      name: 'panel-shares-only-its-messages',
      severity: 'error',
      comment:
        'The panel runs in a browser: from the host it takes the messages and the records in them; so does the page of a report.',
      from: { path: '^webview/' },
      to: {
        path: '^src/',
        pathNot: '^src/(editor/(panelMessages|summaryMessages)|report/pageData|analysis/)',
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
