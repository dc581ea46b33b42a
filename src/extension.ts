import { type ExtensionContext, window } from 'vscode';
import { Analyzer } from './editor/analyzer.js';
import { registerCommands } from './editor/commandTable.js';
import { followResults } from './editor/contextKeys.js';
import { Decorations } from './editor/decorations.js';
import { Diagnostics } from './editor/diagnostics.js';
import { DisposableStore } from './editor/disposableStore.js';
import { EngineHost } from './editor/engineHost.js';
import { FindingStore } from './editor/findingStore.js';
import { SamplePanel } from './editor/samplePanel.js';
import { StatusItem } from './editor/statusItem.js';
import { offerSuppressions } from './editor/suppressActions.js';
import type { EngineInfo } from './engine/engine.js';
import type { PanelSnapshot } from './editor/panelMessages.js';

/** What other extensions, and the tests, may ask. */
export interface BackfireExtension {
  /** Whether anybody has needed the engine yet. */
  readonly engineIsStarted: () => boolean;
  readonly engineInfo: () => Promise<EngineInfo>;
  readonly panelSnapshot: () => PanelSnapshot;
}

/** Registers everything and loads nothing: the engine starts when a command first needs it. */
export function activate(context: ExtensionContext): BackfireExtension {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);

  const log = owned.add(window.createOutputChannel('Backfire', { log: true }));
  const engine = owned.add(new EngineHost(context, log));
  const store = owned.add(new FindingStore());
  const analyzer = new Analyzer(engine, store, log);

  owned.add(new Diagnostics(store, context.extensionUri));
  owned.add(offerSuppressions(store));
  owned.add(new Decorations(store));
  const status = owned.add(new StatusItem(store));
  const panel = owned.add(new SamplePanel(context.extensionUri, store));
  owned.add(followResults(store));
  owned.add(registerCommands({ log, engine, store, analyzer, panel, status }));

  return {
    engineIsStarted: () => engine.isStarted,
    engineInfo: async () => (await engine.engine()).info(),
    panelSnapshot: () => panel.snapshot,
  };
}
