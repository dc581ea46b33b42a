import { commands, l10n, type TextEditor } from 'vscode';
import type { Analysis, Run } from './analyzer.js';
import type { CommandOutcome } from './commandOutcome.js';
import type { CommandParts, CommandTable } from './commandParts.js';
import { worstFirst } from './editorFinding.js';
import { editorInUse } from './editorInUse.js';
import { chooseInlineActivations, toggleInlineActivations } from './inlineSettings.js';
import { patientProgress } from './patientProgress.js';
import { readSetting } from './settings.js';

/** Analyzing what is open, and looking at it. */
export function analysisCommands({
  store,
  analyzer,
  running,
  scan,
  panel,
  status,
}: CommandParts): CommandTable {
  const analyze = async (
    title: string,
    how: (editor: TextEditor, run: Run) => Promise<Analysis>,
  ): Promise<CommandOutcome> => {
    const editor = editorInUse();
    if (!editor)
      return { kind: 'nothing', reason: l10n.t('Open a text file first: there is no editor to analyze.') };
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
  const analyzeFile = () =>
    analyze(l10n.t('Backfire: analyzing the file'), ({ document }, run) =>
      analyzer.analyzeFile(document, run),
    );
  return {
    'backfire.analyzeSelection': async () => {
      const title = l10n.t('Backfire: analyzing the selection');
      const outcome = await analyze(title, ({ document, selection }, run) => {
        const span = { start: document.offsetAt(selection.start), end: document.offsetAt(selection.end) };
        return analyzer.analyzeSelection(document, span, run);
      });
      if (outcome.kind === 'analyzed' && outcome.findings.length > 0) panel.open({ preserveFocus: true });
      return outcome;
    },
    'backfire.analyzeFile': analyzeFile,
    'backfire.toggleInlineActivations': async () => {
      const isOn = await toggleInlineActivations();
      const lacksFeature =
        readSetting('inlineActivations.measure') === 'feature' &&
        readSetting('inlineActivations.feature') === null;
      if (isOn && lacksFeature) return commands.executeCommand<CommandOutcome>('backfire.showFeatureInline');
      const uri = editorInUse()?.document.uri;
      // There is nothing to see before a file is analyzed.
      return isOn && uri && store.of(uri).length === 0 ? analyzeFile() : { kind: 'done' };
    },
    'backfire.chooseInlineActivations': chooseInlineActivations,
    'backfire.showPanel': () => {
      panel.open({ preserveFocus: false });
      return Promise.resolve({ kind: 'done' });
    },
    'backfire.clearResults': async () => {
      await scan.forget();
      store.clear();
      panel.clear();
      return { kind: 'done' };
    },
  };
}
