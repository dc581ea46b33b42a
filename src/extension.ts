import {
  type Event,
  type ExtensionContext,
  type McpStdioServerDefinition,
  type TextDocument,
  Uri,
  window,
} from 'vscode';
import { AgentToolset } from './editor/agentTools.js';
import { AlternativesOfPanel } from './editor/alternativesOfPanel.js';
import { Analyzer } from './editor/analyzer.js';
import { showCodeLenses } from './editor/codeLenses.js';
import { registerCommands } from './editor/commandTable.js';
import { followState } from './editor/contextKeys.js';
import { Decorations } from './editor/decorations.js';
import { Diagnostics } from './editor/diagnostics.js';
import { DisposableStore } from './editor/disposableStore.js';
import { EngineHost } from './editor/engineHost.js';
import { followFiles } from './editor/fileChanges.js';
import { FeatureActivations } from './editor/featureActivations.js';
import { FeatureCatalog } from './editor/featureCatalog.js';
import { FeaturesOfPanel } from './editor/featuresOfPanel.js';
import { FindingFilter } from './editor/findingFilter.js';
import { FindingsTree } from './editor/findingsTree.js';
import { FindingStore } from './editor/findingStore.js';
import { offerFixes } from './editor/fixes.js';
import { showHovers } from './editor/hovers.js';
import { InlineActivations } from './editor/inlineActivations.js';
import type { InlineCell } from './editor/inlineCells.js';
import { scanCacheOpener } from './editor/openScanCache.js';
import { mcpDefinitions, offerMcpServer } from './editor/mcpDefinition.js';
import type { PanelAlternatives, PanelFeatures, PanelSnapshot } from './editor/panelMessages.js';
import { Reanalysis } from './editor/reanalysis.js';
import { RunningAnalyses } from './editor/runningAnalyses.js';
import { SamplePanel } from './editor/samplePanel.js';
import { StatusItem } from './editor/statusItem.js';
import type { ShownGroup, SummarySnapshot } from './editor/summaryMessages.js';
import { SummaryPanel } from './editor/summaryPanel.js';
import { WorkspaceScan } from './editor/workspaceScan.js';
import type { EngineInfo } from './engine/engine.js';

/** What other extensions, and the tests, may ask. */
export interface BackfireExtension {
  /** Whether anybody has needed the engine yet. */
  readonly engineIsStarted: () => boolean;
  readonly engineInfo: () => Promise<EngineInfo>;
  readonly panelSnapshot: () => PanelSnapshot;
  readonly panelFeatures: () => PanelFeatures;
  /** As the panel does when a person looks at features. */
  readonly readPanelFeatures: (latents: readonly number[]) => Promise<void>;
  readonly panelAlternatives: () => PanelAlternatives;
  /** As the panel does when a person points at a token. */
  readonly readPanelAlternatives: () => Promise<void>;
  /** A sample is on the screen. */
  readonly onDidDrawPanel: Event<void>;
  /** The tokens of a document that are coloured in its editors. */
  readonly inlineCells: (document: TextDocument) => readonly InlineCell[];
  readonly tree: Pick<FindingsTree, 'getChildren' | 'getTreeItem'>;
  /** What the summary page gets. */
  readonly onDidShowSummary: Event<SummarySnapshot>;
  /** As the page does when a person chooses a bar. */
  readonly showFromSummary: (group: ShownGroup) => Promise<void>;
  /** As they are registered with VS Code, which asks a person before it calls one. */
  readonly agentTools: AgentToolset['tools'];
  readonly mcpDefinitions: () => readonly McpStdioServerDefinition[];
}

/** Registers everything and loads nothing: the engine starts when a command first needs it. */
export function activate(context: ExtensionContext): BackfireExtension {
  const { extensionUri, globalStorageUri, storageUri, workspaceState } = context;
  const packsFolder = Uri.joinPath(globalStorageUri, 'packs').fsPath;
  const owned = new DisposableStore();
  context.subscriptions.push(owned);

  const log = owned.add(window.createOutputChannel('Backfire', { log: true }));
  const engine = owned.add(new EngineHost(context, log));
  const store = owned.add(new FindingStore());
  const catalog = new FeatureCatalog(engine);
  const activations = new FeatureActivations(engine);
  const analyzer = new Analyzer(engine, store, log);
  const running = owned.add(new RunningAnalyses());
  const openCache = scanCacheOpener(storageUri?.fsPath, engine);
  const scan = owned.add(new WorkspaceScan(engine, store, openCache, log));

  owned.add(new Diagnostics(store, extensionUri));
  owned.add(offerFixes(store));
  owned.add(new Decorations(store, extensionUri));
  const inline = owned.add(new InlineActivations(store, analyzer, activations, catalog));
  owned.add(showCodeLenses(store));
  owned.add(showHovers(store, catalog, extensionUri));
  const filter = owned.add(new FindingFilter(workspaceState));
  const tree = owned.add(new FindingsTree(store, scan, filter, workspaceState));
  const status = owned.add(new StatusItem(store));
  const features = owned.add(new FeaturesOfPanel(engine, catalog, workspaceState));
  const alternatives = owned.add(new AlternativesOfPanel(engine));
  const panel = owned.add(new SamplePanel(extensionUri, store, features, alternatives, storageUri?.fsPath));

  const summary = owned.add(new SummaryPanel(extensionUri, store, scan, tree, filter));

  const version = (context.extension.packageJSON as { readonly version: string }).version;
  const agents = owned.add(new AgentToolset(engine, version));
  owned.add(offerMcpServer(extensionUri, version));

  owned.add(new Reanalysis(store, analyzer, running, log));
  owned.add(followFiles(store, log));
  owned.add(followState(store, scan));
  const parts = {
    extensionUri,
    packsFolder,
    log,
    engine,
    features: catalog,
    store,
    analyzer,
    running,
    scan,
    tree,
    filter,
    panel,
    summary,
    status,
  };
  owned.add(registerCommands(parts));
  // Afterwards: it reads files.
  setImmediate(() => void scan.restore());

  return {
    engineIsStarted: () => engine.isStarted,
    engineInfo: async () => (await engine.engine()).info(),
    panelSnapshot: () => panel.snapshot,
    panelFeatures: () => panel.features.state,
    readPanelFeatures: (latents) => panel.features.read(latents),
    panelAlternatives: () => panel.alternatives.state,
    readPanelAlternatives: () => panel.alternatives.read(),
    onDidDrawPanel: panel.onDidDraw,
    inlineCells: (document) => inline.cellsOf(document),
    tree,
    onDidShowSummary: summary.onDidShow,
    showFromSummary: (group) => summary.show(group),
    agentTools: agents.tools,
    mcpDefinitions: () => mcpDefinitions(extensionUri, version),
  };
}
