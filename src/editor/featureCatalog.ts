import type { DescribedFeature, FeatureListing } from '../analysis/features/describedFeature.js';
import type { FeatureEngine } from '../engine/engine.js';
import type { EngineHost } from './engineHost.js';

/** What is known of the pack's features, asked once of each engine. */
export class FeatureCatalog {
  readonly #listings = new WeakMap<FeatureEngine, Promise<FeatureListing>>();

  constructor(private readonly host: Pick<EngineHost, 'engine' | 'isStarted'>) {}

  /** Rejects with the reason where there is no engine, or its pack has no features. */
  async listing(): Promise<FeatureListing> {
    const engine = await this.host.engine();
    let listing = this.#listings.get(engine);
    if (!listing) {
      listing = engine.featureListing();
      this.#listings.set(engine, listing);
      // What failed may work after a restart of the process.
      listing.catch(() => this.#listings.delete(engine));
    }
    return listing;
  }

  /** The label of a feature; empty without one, and as long as nobody has needed the engine: a hover does not start it. */
  async labels(): Promise<(feature: number) => string> {
    const listing = this.host.isStarted ? await this.listing().catch(() => undefined) : undefined;
    return (feature) => listing?.labels[feature] ?? '';
  }

  async page(feature: number): Promise<DescribedFeature> {
    return (await this.host.engine()).featurePage(feature);
  }
}
