import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { z } from 'zod';
import { type ModelPack, PackError } from './pack.js';

/** Share of tokens above which a feature is dense: it carries what all text has, and tells nothing of one. */
const denseFrom = 0.1;

const unpacked = promisify(inflateRaw);
const count = z.int().nonnegative();

const indexSchema = z.object({
  format: z.literal(1),
  /** Tokens that the figures are from: training packages, held-out packages, text of the model and of the project. */
  tokens: z.object({ training: count, heldOut: count, own: count }),
  /** Of the histograms: the first bin lies below the first edge, the last above the last. */
  edges: z.array(z.number()),
  /** [features]; empty where a feature has no page. */
  labels: z.array(z.string()),
  /** [features], share of tokens. */
  densities: z.array(z.number()),
  /** [features + 1] of the deflated pages. */
  offsets: z.array(count),
});

const tokenValues = z.tuple([z.array(count), z.array(z.number())]);

const pageSchema = z.object({
  id: count,
  density: z.number(),
  densityOfKind: z.record(z.string(), z.number()),
  /** Largest activation in training packages. */
  strongest: z.number(),
  histogram: z.array(count),
  /** Token ids and what the feature's direction adds to their logits, the mean token's taken off. */
  logits: z.object({ up: tokenValues, down: tokenValues }),
  /** Features and the cosine of their directions. */
  neighbours: tokenValues,
  /** Largest activation in the examples. */
  max: z.number(),
  /** Windows of tokens with their activations in hundredths of `max`; `quantile` of the window's largest among all windows. */
  examples: z.array(
    z.object({ tokens: z.array(count), values: z.array(count), quantile: z.number().min(0).max(1) }),
  ),
  label: z.object({
    text: z.string(),
    /** See lab/backfire_lab/sae/labels.py. */
    method: z.enum(['tokens', 'lift']),
    /** Balanced accuracy of the label on held-out windows; 0.5 is chance. */
    score: z.number().exactOptional(),
    windows: count,
  }),
});

export type FeatureIndex = z.infer<typeof indexSchema>;
export type FeaturePage = z.infer<typeof pageSchema>;

/** A histogram without the empty bins at both ends, and the number of its first bin. */
export function filledBins(histogram: readonly number[]): { first: number; counts: readonly number[] } {
  const first = histogram.findIndex((each) => each > 0);
  if (first < 0) return { first: 0, counts: [] };
  return { first, counts: histogram.slice(first, histogram.findLastIndex((each) => each > 0) + 1) };
}

/** Throws a PackError for a pack without pages, with the hint behind it. */
export async function openPages(pack: ModelPack, hint = ''): Promise<FeaturePages> {
  const pages = await FeaturePages.open(pack);
  if (pages === undefined) throw new PackError(`The pack ${pack.label} has no feature pages.${hint}`);
  return pages;
}

/** What is known of each feature of a pack's autoencoder. Pages are read one by one. */
export class FeaturePages {
  private constructor(
    private readonly path: string,
    readonly index: FeatureIndex,
  ) {}

  /** Throws a PackError where the index can't be read; undefined for a pack without pages. */
  static async open({ folder, manifest }: ModelPack): Promise<FeaturePages | undefined> {
    const pages = manifest.sae?.pages;
    if (pages === undefined) return undefined;
    const path = join(folder, pages.index);
    const parsed = indexSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (!parsed.success) throw new PackError(`${path}: ${z.prettifyError(parsed.error)}`);
    return new FeaturePages(join(folder, pages.file), parsed.data);
  }

  /** Number of features, with and without a page. */
  get count(): number {
    return this.index.labels.length;
  }

  /** Features that fire at more than a tenth of all tokens. */
  get dense(): ReadonlySet<number> {
    return new Set(
      this.index.densities.flatMap((density, feature) => (density > denseFrom ? [feature] : [])),
    );
  }

  /** Empty for a feature without a page. */
  label(feature: number): string {
    return this.index.labels[feature] ?? '';
  }

  /** Undefined for a feature that fired in none of the text that pages are made from. */
  async page(feature: number): Promise<FeaturePage | undefined> {
    const start = this.index.offsets[feature];
    const end = this.index.offsets[feature + 1];
    if (start === undefined || end === undefined || start === end) return undefined;
    const file = await open(this.path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      const json: unknown = JSON.parse((await unpacked(buffer.subarray(0, bytesRead))).toString());
      return pageSchema.parse(json);
    } catch (cause) {
      throw new PackError(`${this.path}: the page of feature ${feature} can't be read`, { cause });
    } finally {
      await file.close();
    }
  }
}
