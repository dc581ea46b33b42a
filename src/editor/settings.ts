import { ConfigurationTarget, workspace } from 'vscode';
import type { Level } from '../analysis/levelNames.js';
import type { LensName } from '../analysis/lenses.js';
import type { KindName } from '../analysis/kind/kindNames.js';

/** Every setting of the extension; `contributes.configuration` in package.json says the same to VS Code. */
interface Settings {
  /** Folder of a model pack; `''` for the embedded one. Machine scope: a workspace can't point it elsewhere. */
  readonly modelPack: string;
  /** Threads of the model; 0 for all physical cores. Machine scope. */
  readonly threads: number;
  /** Findings below this level are neither marked nor listed as problems. */
  readonly minimumLevel: Level;
  /** Kinds that have a level; what warns against others is set aside. */
  readonly kinds: readonly KindName[];
  /** When a file that had findings, or with `onType` any visible one, is analyzed again by itself. */
  readonly analyzeAgain: 'never' | 'onSave' | 'onType';
  readonly codeLens: boolean;
  /** Tokens of findings are coloured in the text editor. */
  readonly 'inlineActivations.enabled': boolean;
  /** By which measure. */
  readonly 'inlineActivations.measure': LensName;
  /** By which feature, where the measure is `feature`; null as long as none was chosen. */
  readonly 'inlineActivations.feature': number | null;
  /** With the values of the strongest in the text. */
  readonly 'inlineActivations.values': boolean;
}

export const settingsSection = 'backfire';

export function readSetting<Name extends keyof Settings>(name: Name): Settings[Name] {
  const value = workspace.getConfiguration(settingsSection).get<Settings[Name]>(name);
  if (value === undefined) throw new Error(`package.json gives no default for ${settingsSection}.${name}`);
  return value;
}

/** Written for all windows on this machine; `undefined` goes back to the default. */
export async function writeSetting<Name extends keyof Settings>(
  name: Name,
  value: Settings[Name] | undefined,
): Promise<void> {
  await workspace.getConfiguration(settingsSection).update(name, value, ConfigurationTarget.Global);
}

/** Settings that the engine is started with: it is restarted when one of them changes. */
export const engineSettings = ['modelPack', 'threads'] as const satisfies (keyof Settings)[];

/** Settings that decide which findings are marked and listed: they are shown anew when one of them changes. */
export const shownSettings = ['minimumLevel', 'kinds'] as const satisfies (keyof Settings)[];
