import { text as readAll } from 'node:stream/consumers';
import type { FeatureReading } from '../analysis/features/featureReading.js';
import { FeaturePages } from '../model/featurePages.js';
import { loadPack } from '../model/pack.js';
import { featuresJson, featuresText } from '../report/featuresText.js';
import { createPalette, wantsColour } from '../report/palette.js';
import { terminalJson } from '../report/terminalText.js';
import { exitCode, type ExitCode, UsageError } from './exitCode.js';
import type { Host } from './host.js';
import { streamOutput } from './output.js';

export interface FeaturesCommandOptions {
  readonly format: 'pretty' | 'json';
  readonly most: number;
  readonly latent?: readonly number[];
  readonly pack?: string;
  readonly threads?: number;
}

const usualColumns = 100;

/** Tokens of texts with the features that are active there. */
export async function featuresCommand(
  texts: readonly string[],
  options: FeaturesCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const pack = await loadPack(options.pack ?? host.defaultPackFolder);
  const pages = await FeaturePages.open(pack);
  const label = (latent: number) => pages?.label(latent) ?? '';
  const { threads, most, latent } = options;
  const engine = host.startFeatureEngine({
    packFolder: pack.folder,
    ...(threads === undefined ? {} : { threads }),
  });
  const output = streamOutput(host.stdout);
  try {
    for (const [index, given] of texts.entries()) {
      const text = given === '-' ? await readAll(host.stdin) : given;
      if (text === '') throw new UsageError(`text ${index + 1} is empty`);
      const question = { text, most, ...(latent ? { latents: latent } : {}) };
      const reading: FeatureReading = await engine.readFeatures(question, { signal: host.signal });
      if (options.format === 'json') {
        await output.write(`${terminalJson(featuresJson(text, reading, label, pack.label))}\n`);
        continue;
      }
      const palette = createPalette(wantsColour(host.stdout.isTTY === true, host.environment));
      const columns = host.stdout.columns ?? usualColumns;
      if (index > 0) await output.write('\n');
      await output.write(featuresText(text, reading, label, { columns, palette }));
    }
  } catch (error) {
    if (host.signal.aborted) return exitCode.interrupted;
    throw error;
  } finally {
    await engine.dispose();
  }
  return exitCode.ok;
}
