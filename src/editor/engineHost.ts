import { type Disposable, type ExtensionContext, type LogOutputChannel, workspace } from 'vscode';
import { cacheFolder } from '../engine/cacheFolder.js';
import type { Engine, EngineInfo, FeatureEngine } from '../engine/engine.js';
import { DisposableStore } from './disposableStore.js';
import { tellIgnoredSettings } from './ignoredSettings.js';
import { engineSettings, readSetting, settingsSection } from './settings.js';

const embeddedPack = 'models/smollm2-135m-instruct';

/** The window's engine: nothing of it is loaded before somebody asks, and a change of its settings replaces it. */
export class EngineHost implements Disposable {
  readonly #owned = new DisposableStore();
  #engine: Promise<FeatureEngine> | undefined;
  /** The settings that it was started with. */
  #setUp: string | undefined;

  constructor(
    private readonly context: Pick<ExtensionContext, 'asAbsolutePath'>,
    private readonly log: LogOutputChannel,
  ) {
    this.#owned.add(
      workspace.onDidChangeConfiguration((change) => {
        if (!engineSettings.some((name) => change.affectsConfiguration(`${settingsSection}.${name}`))) return;
        // What a workspace sets is told as a change too, and changes nothing.
        if (this.#setUp === undefined || this.#setUp === this.#setUpNow()) return;
        this.log.info('settings of the engine changed: it starts anew when it is next needed');
        void this.#stop();
      }),
    );
  }

  get isStarted(): boolean {
    return this.#engine !== undefined;
  }

  /** Of the pack that the settings name. */
  get packFolder(): string {
    return readSetting('modelPack') || this.context.asAbsolutePath(embeddedPack);
  }

  /** Whether that is the one that comes with the extension. */
  get isEmbeddedPack(): boolean {
    return this.packFolder === this.context.asAbsolutePath(embeddedPack);
  }

  /** The bundle that runs as the engine's process. */
  get serverEntry(): string {
    return this.context.asAbsolutePath('dist/engine.mjs');
  }

  engine(): Promise<FeatureEngine> {
    return (this.#engine ??= this.#start());
  }

  async restart(): Promise<EngineInfo> {
    await this.#stop();
    const info = await (await this.engine()).info();
    this.log.info(
      `engine ready: ${info.pack}, ${info.runtime} runtime, process ${info.processId}, ${info.readyMs} ms`,
    );
    return info;
  }

  dispose(): void {
    this.#owned.dispose();
    void this.#stop();
  }

  async #start(): Promise<FeatureEngine> {
    // Here, not above: the client and its schemas would cost activation more than everything else together.
    const { startEngine } = await import('../engine/client.js');
    const { cachedEngine } = await import('../engine/cachedEngine.js');
    const { MeasureCache } = await import('../engine/measureCache.js');
    this.#setUp = this.#setUpNow();
    const threads = readSetting('threads');
    void tellIgnoredSettings(this.log);
    const { packFolder, serverEntry } = this;
    const engine = startEngine({
      packFolder,
      grammarFolder: this.context.asAbsolutePath('dist/grammars'),
      serverEntry,
      ...(threads > 0 ? { threads } : {}),
      onEvent: (message) => this.log.warn(message),
    });
    void engine.info().then(
      ({ runtime }) => {
        if (runtime === 'wasm')
          this.log.warn('no native ONNX Runtime can be loaded here: WebAssembly measures');
      },
      () => {}, // Whoever asks for a measure is told.
    );
    // The command line's: what one of them measured, the other need not.
    const folder = cacheFolder(process.env);
    if (folder === undefined) return engine;
    const onTrouble = (message: string) => this.log.warn(message);
    const cache = new MeasureCache({ folder, packFolder, serverEntry, onTrouble });
    return withFeatures(cachedEngine(engine, cache), engine);
  }

  #setUpNow(): string {
    return JSON.stringify(engineSettings.map((name) => readSetting(name)));
  }

  async #stop(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    await (await engine)?.dispose();
  }
}

/** Measures come from one, features from the other: these are not kept. */
function withFeatures(measures: Engine, features: FeatureEngine): FeatureEngine {
  return {
    ...measures,
    readFeatures: (question, options) => features.readFeatures(question, options),
    readSampleFeatures: (question, options) => features.readSampleFeatures(question, options),
    featureListing: () => features.featureListing(),
    featurePage: (feature) => features.featurePage(feature),
    readAlternatives: (question, options) => features.readAlternatives(question, options),
  };
}
