import { l10n, Uri, window, workspace } from 'vscode';
import type { CommandParts, CommandTable } from './commandParts.js';
import type { CommandOutcome } from './commandOutcome.js';
import type { EditorFinding } from './editorFinding.js';
import { type Fix, fixesOf, suppressionOf } from './fixes.js';
import { revealSpan } from './revealSpan.js';

/** What can be done with one finding, from the tree, a CodeLens or a hover. */
export function findingCommands({ store, analyzer, panel, status }: CommandParts): CommandTable {
  type Work = (uri: Uri, finding: EditorFinding) => Promise<CommandOutcome>;
  const withFinding = (work: Work) => async (first: unknown, second: unknown) => {
    const [uri, id] = placeFrom(first, second);
    const finding = uri && id !== undefined ? store.find(uri, id) : undefined;
    return uri && finding ? work(uri, finding) : gone();
  };
  const open: Work = async (uri, { id }) =>
    (await revealSpan(uri, () => store.find(uri, id)?.payload)) ? { kind: 'done' } : gone();
  return {
    'backfire.openFinding': withFinding(open),
    'backfire.explainFinding': withFinding(async (uri, finding) => {
      const whole = await status.during(analyzer.withTokens(uri, finding));
      panel.show(uri, whole);
      panel.open({ preserveFocus: true });
      return { kind: 'done' };
    }),
    'backfire.fixFinding': withFinding(async (uri, { id }) => {
      // Opening may show that the file is another one by now.
      const document = await workspace.openTextDocument(uri);
      const finding = store.find(uri, id);
      if (!finding) return gone();
      const fixes = fixesOf(document, finding).map((fix) => ({
        ...fix,
        label: fix.title,
        detail: fix.effect,
      }));
      if (fixes.length === 0)
        return { kind: 'nothing', reason: l10n.t('Nothing can be done about this finding from the editor.') };
      const chosen = await window.showQuickPick(fixes, { title: l10n.t('What can be done about it') });
      return chosen ? apply(chosen) : { kind: 'cancelled' };
    }),
    'backfire.suppressFinding': withFinding(async (uri, { id }) => {
      const document = await workspace.openTextDocument(uri);
      const finding = store.find(uri, id);
      if (!finding) return gone();
      const fix = suppressionOf(document, finding);
      const reason = l10n.t('No comment can stand there.');
      return fix ? apply(fix) : { kind: 'nothing', reason };
    }),
  };
}

async function apply({ edit }: Fix): Promise<CommandOutcome> {
  return (await workspace.applyEdit(edit)) ? { kind: 'done' } : { kind: 'cancelled' };
}

function gone(): CommandOutcome {
  return { kind: 'nothing', reason: l10n.t('This finding is gone: its text has changed since.') };
}

/** A CodeLens or a hover names the finding by URI and id; the tree hands over its node. */
function placeFrom(first: unknown, second: unknown): [Uri?, string?] {
  if (typeof first === 'string' && typeof second === 'string') return [Uri.parse(first), second];
  if (typeof first !== 'object' || first === null) return [];
  const { uri, finding } = first as { uri?: unknown; finding?: EditorFinding };
  return uri instanceof Uri && finding ? [uri, finding.id] : [];
}
