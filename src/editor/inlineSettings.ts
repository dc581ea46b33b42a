import { commands, l10n, type QuickPickItem, window } from 'vscode';
import { type LensName, lensNames } from '../analysis/lenses.js';
import type { CommandOutcome } from './commandOutcome.js';
import { readSetting, writeSetting } from './settings.js';

/** What is shown inline is a matter of settings alone, so that it lasts, and every window shows the same. */
export async function showInlineActivations(lens: LensName): Promise<void> {
  await writeSetting('inlineActivations.measure', lens);
  await writeSetting('inlineActivations.enabled', true);
}

export async function showFeatureInline(feature: number): Promise<void> {
  await writeSetting('inlineActivations.feature', feature);
  await showInlineActivations('feature');
}

export async function toggleInlineActivations(): Promise<boolean> {
  const isOn = !readSetting('inlineActivations.enabled');
  await writeSetting('inlineActivations.enabled', isOn);
  return isOn;
}

interface Choice extends QuickPickItem {
  readonly apply: () => Promise<CommandOutcome>;
}

/** Lets a person choose the measure, or switch the values in the text on and off. */
export async function chooseInlineActivations(): Promise<CommandOutcome> {
  const isOn = readSetting('inlineActivations.enabled');
  const shown = readSetting('inlineActivations.measure');
  const values = readSetting('inlineActivations.values');
  const check = (label: string, isChosen: boolean) => `${isChosen ? '$(check)' : '$(blank)'} ${label}`;
  const choices: Choice[] = [
    ...lensNames.map((lens) => ({
      label: check(lensTitle(lens), isOn && lens === shown),
      detail: lensDetail(lens),
      // A feature is asked for, also when one was chosen before.
      apply: () =>
        lens === 'feature'
          ? Promise.resolve(commands.executeCommand<CommandOutcome>('backfire.showFeatureInline'))
          : done(showInlineActivations(lens)),
    })),
    {
      label: check(l10n.t('Values in the text'), values),
      detail: l10n.t('Of the tokens with the strongest colours, after each.'),
      apply: () => done(writeSetting('inlineActivations.values', !values)),
    },
    {
      label: check(l10n.t('Nothing'), !isOn),
      apply: () => done(writeSetting('inlineActivations.enabled', false)),
    },
  ];
  const title = l10n.t('What colours the tokens in the editor?');
  const chosen = await window.showQuickPick(choices, { title });
  if (!chosen) return { kind: 'cancelled' };
  return chosen.apply();
}

async function done(work: Promise<void>): Promise<CommandOutcome> {
  await work;
  return { kind: 'done' };
}

export function lensTitle(lens: LensName): string {
  return {
    teaches: l10n.t('What teaches'),
    surprise: l10n.t('Surprise'),
    probe: l10n.t('Probe'),
    feature: l10n.t('A feature'),
  }[lens];
}

function lensDetail(lens: LensName): string {
  return {
    teaches: l10n.t('What training on each token adds to the lesson, nats per payload token.'),
    surprise: l10n.t('How little the model expects each token: its NLL, nats.'),
    probe: l10n.t(
      'How much each token looks like a bad example in documentation to a linear probe, log-odds.',
    ),
    feature: l10n.t('How strongly a feature of the model fires at each token.'),
  }[lens];
}
