import type { Span } from '../analysis/span.js';
import type { TokenValues } from '../analysis/tokenCells.js';
import type { EngineHost } from './engineHost.js';

/** Tokens of a text with the activation of one feature; without one where no feature is read. */
export type FeatureTokens = readonly (Span & TokenValues)[];

/** Some 100 bytes a token: a few megabytes at most. */
const mostTexts = 200;

/** How a feature fires in texts; the last that were asked for are remembered. */
export class FeatureActivations {
  readonly #known = new Map<string, FeatureTokens>();

  constructor(private readonly host: Pick<EngineHost, 'engine' | 'packFolder'>) {}

  /** Undefined as long as it was not read. */
  known(text: string, feature: number): FeatureTokens | undefined {
    return this.#known.get(this.#key(text, feature));
  }

  async read(text: string, feature: number, signal?: AbortSignal): Promise<FeatureTokens> {
    const key = this.#key(text, feature);
    const known = this.#known.get(key);
    if (known) return known;
    const engine = await this.host.engine();
    const { tokens } = await engine.readFeatures(
      { text, most: 1, latents: [feature] },
      { ...(signal && { signal }) },
    );
    const read = tokens.map(({ start, end, features, isSink }) => ({
      start,
      end,
      ...(isSink ? {} : { activation: features[0]?.value ?? 0 }),
    }));
    this.#known.set(key, read);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostTexts && oldest !== undefined) this.#known.delete(oldest);
    return read;
  }

  /** A feature belongs to its pack. */
  #key(text: string, feature: number): string {
    return [this.host.packFolder, feature, text].join('\n');
  }
}
