import { l10n, type QuickPickItem, QuickPickItemKind, window } from 'vscode';
import type { FeatureListing } from '../analysis/features/describedFeature.js';
import { visibleText } from '../analysis/visibleText.js';

interface FeatureItem extends QuickPickItem {
  readonly feature?: number;
}

/** A feature of all that have a page, those of the shown sample first; undefined when a person chooses none. */
export async function pickFeature(
  listing: FeatureListing,
  ofSample: readonly number[],
): Promise<number | undefined> {
  const item = (feature: number): FeatureItem => itemOf(feature, listing);
  const first = ofSample.filter((feature) => listing.labels[feature]);
  const isFirst = new Set(first);
  const others = listing.labels.flatMap((label, feature) =>
    label === '' || isFirst.has(feature) ? [] : [item(feature)],
  );
  const items =
    first.length === 0
      ? others
      : [
          heading(l10n.t('Shared by the shown sample and its bare version')),
          ...first.map(item),
          heading(l10n.t('All features')),
          ...others,
        ];
  const title = l10n.t('Show a feature of the model');
  const placeHolder = l10n.t('Its number, or a word of its label');
  return (await window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.feature;
}

function heading(label: string): FeatureItem {
  return { label, kind: QuickPickItemKind.Separator };
}

function itemOf(feature: number, { labels, densities }: FeatureListing): FeatureItem {
  const percent = Number((100 * (densities[feature] ?? 0)).toPrecision(2));
  return {
    feature,
    label: featureName(feature, labels[feature] ?? ''),
    description: l10n.t('fires at {0} % of tokens', percent),
  };
}

/** `12: at eval, exec`, as a list of VS Code shows it and does nothing else: a label is a pack's, and may hold anything. */
export function featureName(feature: number, label: string): string {
  // In lists `$(name)` would become an icon.
  const shown = visibleText(label).replace(/\s+/g, ' ').replaceAll('$(', '\\$(');
  return shown === '' ? String(feature) : `${feature}: ${shown}`;
}
