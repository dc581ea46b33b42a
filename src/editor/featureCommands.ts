import { commands } from 'vscode';
import type { CommandOutcome } from './commandOutcome.js';
import type { CommandParts, CommandTable } from './commandParts.js';
import { editorInUse } from './editorInUse.js';
import { showFeatureInline } from './inlineSettings.js';
import { pickFeature } from './pickFeature.js';

/** The features of the model. Each command takes a feature's number, and asks for one where there is none. */
export function featureCommands({ features, panel, store, status }: CommandParts): CommandTable {
  const withFeature =
    (work: (feature: number) => Promise<CommandOutcome>) =>
    async (first: unknown): Promise<CommandOutcome> => {
      const given = featureFrom(first);
      const listing = given === undefined ? await status.during(features.listing()) : undefined;
      const feature = given ?? (listing && (await pickFeature(listing, panel.features.ofSample)));
      return feature === undefined ? { kind: 'cancelled' } : work(feature);
    };
  return {
    'backfire.showFeature': withFeature(async (feature) => {
      await status.during(panel.features.open(feature));
      panel.open({ preserveFocus: false });
      return { kind: 'done' };
    }),
    'backfire.showFeatureInline': withFeature(async (feature) => {
      // What is wrong with the number is told now; the colours themselves come without a word.
      await status.during(features.page(feature));
      await showFeatureInline(feature);
      const uri = editorInUse()?.document.uri;
      if (!uri || store.of(uri).length > 0) return { kind: 'done' };
      return commands.executeCommand<CommandOutcome>('backfire.analyzeFile');
    }),
  };
}

function featureFrom(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
