import { commands, l10n, type LogOutputChannel, window } from 'vscode';
import type { Analysis } from './analyzer.js';
import type { ScanCounts } from './scanCounts.js';

/** How a command ended, returned to whoever ran it: a person has seen it as a message, another extension reads it. */
export type CommandOutcome =
  | Analysis
  | ({ readonly kind: 'scanned' } & ScanCounts)
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Runs a command so that it always ends with an outcome, and a failure with a message that says what can be done. */
export async function outcomeOf(
  work: () => Promise<CommandOutcome>,
  log: LogOutputChannel,
): Promise<CommandOutcome> {
  try {
    const outcome = await work();
    if (outcome.kind === 'nothing') void window.showInformationMessage(`Backfire: ${outcome.reason}`);
    return outcome;
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return { kind: 'cancelled' };
    const reason = error instanceof Error ? error.message : String(error);
    log.error(error instanceof Error ? error : reason);
    // Not awaited: the command is over, whether or not somebody looks at the message.
    void offerWaysOut(reason);
    return { kind: 'failed', reason };
  }
}

async function offerWaysOut(reason: string): Promise<void> {
  const waysOut = [
    { title: l10n.t('Restart Engine'), command: 'backfire.restartEngine' },
    { title: l10n.t('Open Log'), command: 'backfire.openLog' },
  ];
  const chosen = await window.showErrorMessage(`Backfire: ${reason}`, ...waysOut.map(({ title }) => title));
  const way = waysOut.find(({ title }) => title === chosen);
  if (way) await commands.executeCommand(way.command);
}
