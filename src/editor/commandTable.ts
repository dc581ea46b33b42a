import { commands, type Disposable, type LogOutputChannel, type TextEditor, window } from 'vscode';
import type { Analysis, Analyzer, Run } from './analyzer.js';
import { type CommandOutcome, outcomeOf } from './commandOutcome.js';
import { DisposableStore } from './disposableStore.js';
import { worstFirst } from './editorFinding.js';
import { editorInUse } from './editorInUse.js';
import type { EngineHost } from './engineHost.js';
import type { FindingStore } from './findingStore.js';
import { patientProgress } from './patientProgress.js';
import type { SamplePanel } from './samplePanel.js';
import { readSetting } from './settings.js';
import type { StatusItem } from './statusItem.js';

/** What the commands work with. */
export interface CommandParts {
  readonly log: LogOutputChannel;
  readonly engine: EngineHost;
  readonly store: FindingStore;
  readonly analyzer: Analyzer;
  readonly panel: SamplePanel;
  readonly status: StatusItem;
}

/** Registers every command; each answers with an outcome, also when there is no editor or no engine. */
export function registerCommands(parts: CommandParts): DisposableStore {
  const owned = new DisposableStore();
  const running = owned.add(new RunningAnalyses());
  for (const [id, command] of Object.entries(commandTable(parts, running))) {
    owned.add(commands.registerCommand(id, () => outcomeOf(command, parts.log)));
  }
  return owned;
}

function commandTable(
  { log, engine, store, analyzer, panel, status }: CommandParts,
  running: RunningAnalyses,
): Record<string, () => Promise<CommandOutcome>> {
  const analyze = async (
    title: string,
    how: (editor: TextEditor, run: Run) => Promise<Analysis>,
  ): Promise<CommandOutcome> => {
    const editor = editorInUse();
    if (!editor) return { kind: 'nothing', reason: 'Open a text file first: there is no editor to analyze.' };
    const { uri } = editor.document;
    const work = running.replace(uri.toString(), (controller) =>
      patientProgress(title, controller, (run) => how(editor, run)),
    );
    const analysis = await status.during(work);
    const [worst] =
      analysis.kind === 'analyzed' ? [...analysis.findings].sort(worstFirst(readSetting('kinds'))) : [];
    if (worst) panel.show(uri, worst);
    return analysis;
  };
  return {
    'backfire.analyzeSelection': async () => {
      const outcome = await analyze('Backfire: analyzing the selection', ({ document, selection }, run) => {
        const span = { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
        return analyzer.analyzeSelection(document, span, run);
      });
      if (outcome.kind === 'analyzed' && outcome.findings.length > 0) panel.open({ preserveFocus: true });
      return outcome;
    },
    'backfire.analyzeFile': () =>
      analyze('Backfire: analyzing the file', ({ document }, run) => analyzer.analyzeFile(document, run)),
    'backfire.showPanel': () => {
      panel.open({ preserveFocus: false });
      return done;
    },
    'backfire.clearResults': () => {
      store.clear();
      panel.clear();
      return done;
    },
    'backfire.restartEngine': async () => {
      const info = await status.during(engine.restart());
      void window.showInformationMessage(`Backfire: the engine runs again, with ${info.pack}.`);
      return { kind: 'done' };
    },
    'backfire.openLog': () => {
      log.show();
      return done;
    },
  };
}

const done = Promise.resolve({ kind: 'done' } as const);

/** One analysis a document: a new one takes the place of the one under way. */
class RunningAnalyses implements Disposable {
  readonly #running = new Map<string, AbortController>();

  async replace<T>(key: string, work: (controller: AbortController) => Promise<T>): Promise<T> {
    this.#running.get(key)?.abort();
    const controller = new AbortController();
    this.#running.set(key, controller);
    try {
      return await work(controller);
    } finally {
      if (this.#running.get(key) === controller) this.#running.delete(key);
    }
  }

  dispose(): void {
    for (const controller of this.#running.values()) controller.abort();
  }
}
