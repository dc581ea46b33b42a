import type { FoundExample } from '../analysis/features/topExamples.js';
import { type FeaturePage, type FeaturePages, openPages } from '../model/featurePages.js';
import { readTokenizer } from '../model/packTokenizer.js';
import { loadPack, type ModelPack } from '../model/pack.js';
import { featureHtml } from '../report/featureHtml.js';
import { type Example, type FeatureNames, featureText } from '../report/featureText.js';
import { createPalette, wantsColour } from '../report/palette.js';
import { terminalJson } from '../report/terminalText.js';
import { exitCode, type ExitCode, UsageError } from './exitCode.js';
import { type ExampleOptions, ownExamples } from './featureExamples.js';
import { exportPages } from './featureExport.js';
import type { Host } from './host.js';
import { fileOutput, streamOutput } from './output.js';

export const featureFormats = ['pretty', 'html', 'json', 'neuronpedia'] as const;

export interface FeatureCommandOptions extends ExampleOptions {
  readonly format: (typeof featureFormats)[number];
  readonly output?: string;
  readonly pack?: string;
}

const usualColumns = 100;

/** One feature's page, or with `all` every page in Neuronpedia's layout. */
export async function featureCommand(
  asked: number | 'all',
  options: FeatureCommandOptions,
  host: Host,
): Promise<ExitCode> {
  const pack = await loadPack(options.pack ?? host.defaultPackFolder);
  const other = asked === 'all' ? '' : ` What it does in a text: backfire features TEXT --latent ${asked}`;
  const pages = await openPages(pack, other);
  const tokenizer = await readTokenizer(pack);
  const names: FeatureNames = {
    token: (id) => tokenizer.tokenText(id),
    label: (feature) => pages.label(feature),
  };
  if (options.format === 'neuronpedia') {
    if (options.output === undefined) throw new UsageError('--format neuronpedia needs --output FOLDER');
    await exportPages(await pagesOf(pages, asked), pages, names, pack, options.output);
    return exitCode.ok;
  }
  if (asked === 'all') throw new UsageError('all features can be written with --format neuronpedia only');
  const page = await pageOf(pages, asked);
  const found = await ownExamples(asked, options, pack.folder, host);
  if (host.signal.aborted) return exitCode.interrupted;
  const text = written(page, pages, names, found, pack, options, host);
  const output =
    options.output === undefined
      ? streamOutput(host.stdout)
      : await fileOutput(options.output, { append: false });
  await output.write(text);
  await output.finish(true);
  return exitCode.ok;
}

async function pageOf(pages: FeaturePages, feature: number): Promise<FeaturePage> {
  if (feature >= pages.count)
    throw new UsageError(`feature ${feature} is not there: this pack has features 0 to ${pages.count - 1}`);
  const page = await pages.page(feature);
  if (page === undefined)
    throw new UsageError(
      `feature ${feature} has no page: it fired in none of the ${pages.index.tokens.training} tokens that pages are made from`,
    );
  return page;
}

async function pagesOf(pages: FeaturePages, asked: number | 'all'): Promise<FeaturePage[]> {
  if (asked !== 'all') return [await pageOf(pages, asked)];
  const found: FeaturePage[] = [];
  for (let feature = 0; feature < pages.count; feature++) {
    const page = await pages.page(feature);
    if (page !== undefined) found.push(page);
  }
  return found;
}

function written(
  page: FeaturePage,
  { index }: FeaturePages,
  names: FeatureNames,
  found: readonly FoundExample[],
  pack: ModelPack,
  { format }: FeatureCommandOptions,
  host: Host,
): string {
  const own = found.map(exampleOf);
  switch (format) {
    case 'html':
      return featureHtml(page, index, names, own, pack.label);
    case 'json':
      return `${terminalJson({ type: 'feature', ...page, own: found, pack: pack.label })}\n`;
    default: {
      const palette = createPalette(wantsColour(host.stdout.isTTY === true, host.environment));
      return featureText(page, index, names, own, { columns: host.stdout.columns ?? usualColumns, palette });
    }
  }
}

function exampleOf({ path, record, line, tokens, values, value }: FoundExample): Example {
  const shares = values.map((each) => (each > 0 ? Math.max(1, Math.round((100 * each) / value)) : 0));
  const place = `${path}${record === undefined ? '' : `:${record}`}:${line}`;
  return { tokens, values: shares, about: `${place}, ${value.toFixed(1)}` };
}
