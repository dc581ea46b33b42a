import { commands, type LogOutputChannel, window } from 'vscode';
import type { Analysis } from './analyzer.js';

/** How a command ended, returned to whoever ran it: a person has seen it as a message, another extension reads it. */
export type CommandOutcome =
  | Analysis
  | { readonly kind: 'done' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Ways out that a failure's message offers, by the title of the button. */
const waysOut = { 'Restart Engine': 'backfire.restartEngine', 'Open Log': 'backfire.openLog' } as const;

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
  const titles = Object.keys(waysOut) as (keyof typeof waysOut)[];
  const chosen = await window.showErrorMessage(`Backfire: ${reason}`, ...titles);
  if (chosen) await commands.executeCommand(waysOut[chosen]);
}
