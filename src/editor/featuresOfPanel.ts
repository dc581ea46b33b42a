import { type Disposable, EventEmitter, type Memento } from 'vscode';
import type { SampleFeature, SampleFeatures } from '../analysis/features/sampleFeatures.js';
import type { SharedFeature } from '../analysis/measure/entanglement.js';
import { type Sample, sampleKey } from '../analysis/sample.js';
import { DisposableStore } from './disposableStore.js';
import type { EngineHost } from './engineHost.js';
import type { FeatureCatalog } from './featureCatalog.js';
import {
  type FeatureList,
  mostTriedCharacters,
  noFeatures,
  type OpenFeature,
  type PanelFeatures,
  type TriedText,
} from './panelMessages.js';

/** Features that are listed of a sample; what lies behind them is hardly active. */
const mostListed = 200;
const mostPinned = 50;
const mostPages = 50;
const pinsKey = 'backfire.pinnedFeatures';

/** What the panel shows of features: those of the shown sample, and the page of one. */
export class FeaturesOfPanel implements Disposable {
  readonly #owned = new DisposableStore();
  readonly #changed = this.#owned.add(new EventEmitter<void>());
  readonly onDidChange = this.#changed.event;
  #list: FeatureList = noFeatures.list;
  #sample: Sample | undefined;
  #key = '';
  /** Open pages, the one that is shown last. */
  #pages: OpenFeature[] = [];
  #reading = new AbortController();
  #trying = new AbortController();

  constructor(
    private readonly host: Pick<EngineHost, 'engine'>,
    private readonly catalog: FeatureCatalog,
    private readonly kept: Memento,
  ) {}

  get state(): PanelFeatures {
    const open = this.#pages.at(-1);
    return { list: this.#list, pinned: this.#pinned, ...(open ? { open } : {}) };
  }

  /** Of the shown sample, the most shared first. */
  get ofSample(): readonly number[] {
    return this.#list.features.slice(0, 8).map(({ latent }) => latent);
  }

  dispose(): void {
    this.#reading.abort();
    this.#trying.abort();
    this.#owned.dispose();
  }

  /** The sample that is shown, and the features that its measure names; the same sample again keeps what was read of it. */
  setSample(sample: Sample | undefined, shared: readonly SharedFeature[]): void {
    const key = sample ? sampleKey(sample) : '';
    if (key === this.#key) return;
    this.#key = key;
    this.#sample = sample;
    this.#reading.abort();
    this.#list = { state: 'shared', features: shared.map((feature) => ({ ...feature, label: '' })) };
    if (shared.length > 0) void this.#addLabels();
  }

  /** Where the sample's features fire; `latents` are among them, whether they fire or not. */
  async read(latents: readonly number[]): Promise<void> {
    const sample = this.#sample;
    if (!sample || this.#has(latents)) return;
    this.#reading.abort();
    const { signal } = (this.#reading = new AbortController());
    this.#setList({ ...without(this.#list), state: 'reading' });
    try {
      const engine = await this.host.engine();
      const question = { sample, most: mostListed, latents: [...new Set([...this.#pinned, ...latents])] };
      const found = await engine.readSampleFeatures(question, { signal });
      const labels = await this.catalog.labels();
      if (!signal.aborted) this.#setList(listOf(found, labels));
    } catch (error) {
      if (!signal.aborted) this.#setList({ ...this.#list, state: 'failed', reason: reasonOf(error) });
    }
  }

  async pin(feature: number, isPinned: boolean): Promise<void> {
    const others = this.#pinned.filter((each) => each !== feature);
    await this.kept.update(pinsKey, isPinned ? [...others, feature].slice(-mostPinned) : others);
    this.#changed.fire();
    if (isPinned && this.#list.state === 'read') await this.read([feature]);
  }

  /** Rejects with the reason where there is no such page. */
  async open(feature: number): Promise<void> {
    const page = await this.catalog.page(feature);
    if (this.#pages.at(-1)?.page.feature === feature) return;
    this.#trying.abort();
    this.#pages = [...this.#pages, { page, before: this.#pages.length }].slice(-mostPages);
    this.#pages = this.#pages.map((each, before) => ({ ...each, before }));
    this.#changed.fire();
  }

  /** To the page before it, or to the sample. */
  back(toSample: boolean): void {
    if (this.#pages.length === 0) return;
    this.#trying.abort();
    this.#pages = toSample ? [] : this.#pages.slice(0, -1);
    this.#changed.fire();
  }

  async tryText(text: string): Promise<void> {
    const open = this.#pages.at(-1);
    if (!open) return;
    this.#trying.abort();
    const { signal } = (this.#trying = new AbortController());
    const { feature } = open.page;
    this.#setTried(feature, { state: 'reading' });
    try {
      const tried = text.slice(0, mostTriedCharacters);
      const engine = await this.host.engine();
      const sample = { text: tried, language: '' };
      const found = await engine.readSampleFeatures({ sample, most: 0, latents: [feature] }, { signal });
      const [only] = found.features;
      const firing = only?.inSample ?? { tokens: [], values: [] };
      if (!signal.aborted)
        this.#setTried(feature, { state: 'read', text: tried, read: found.sample, firing });
    } catch (error) {
      if (!signal.aborted) this.#setTried(feature, { state: 'failed', reason: reasonOf(error) });
    }
  }

  get #pinned(): readonly number[] {
    return this.kept.get<readonly number[]>(pinsKey, []);
  }

  #has(latents: readonly number[]): boolean {
    const listed = new Set(this.#list.features.map(({ latent }) => latent));
    return this.#list.state === 'read' && latents.every((latent) => listed.has(latent));
  }

  #setList(list: FeatureList): void {
    this.#list = list;
    this.#changed.fire();
  }

  #setTried(feature: number, tried: TriedText): void {
    const open = this.#pages.at(-1);
    if (open?.page.feature !== feature) return;
    this.#pages = [...this.#pages.slice(0, -1), { ...open, tried }];
    this.#changed.fire();
  }

  async #addLabels(): Promise<void> {
    const key = this.#key;
    const labels = await this.catalog.labels();
    if (key !== this.#key || this.#list.features.every(({ latent }) => labels(latent) === '')) return;
    const features = this.#list.features.map((each) => ({ ...each, label: labels(each.latent) }));
    this.#setList({ ...this.#list, features });
  }
}

function listOf(
  { features, active, ...texts }: SampleFeatures,
  labels: (feature: number) => string,
): FeatureList {
  const listed = features.map((feature: SampleFeature) => ({ ...feature, label: labels(feature.latent) }));
  return { state: 'read', features: listed, active, texts };
}

/** What was read stands until something else was; a reason does not. */
function without({ reason: _, ...list }: FeatureList): FeatureList {
  return list;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
