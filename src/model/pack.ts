import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256OfFiles } from './sha256OfFiles.js';

const fileSchema = z.object({
  path: z.string().regex(/^[\w.-]+$/, 'a plain file name'),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  licence: z.string(),
  origin: z.string(),
  holds: z.string(),
});

/** The autoencoder over resid L, in SAELens' form: `cfg.json` and `sae_weights.safetensors` stand in the folder, too. */
const saeSchema = z.object({
  hidden: z.int().positive(),
  width: z.int().positive(),
  /** TransformerLens' name of the place it reads. */
  hook: z.string(),
  /** Tokens whose residual is longer have no features. */
  sinkNorm: z.number().positive(),
  encode: z.string(),
  chosen: z.string(),
  decode: z.string(),
  /** See featurePages.ts. */
  pages: z.object({ file: z.string(), index: z.string() }).exactOptional(),
});

/** The linear probe over resid L; how its scores are read is stated in src/analysis/measure/slip.ts. */
const probeSchema = z.object({
  graph: z.string(),
  pool: z.enum(['mean', 'last']),
  threshold: z.number(),
  firing: z.number().min(0).max(1),
});

const manifestSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  model: z.object({
    architecture: z.string(),
    hidden: z.int().positive(),
    layers: z.int().positive(),
    heads: z.int().positive(),
    vocabulary: z.int().positive(),
    window: z.int().positive(),
  }),
  /** L of resid L, the SAE's input: the output of this block, counted from 1. */
  layer: z.int().positive(),
  /** Constants of the taught measure, see analysis/measure/kernel.ts; the graphs of blocks after `layer` run backwards, too. */
  kernel: z.object({
    layer: z.int().positive(),
    saturation: z.number().positive(),
    /** Absent: the forecasts rank samples, and no more is known of them. See analysis/measure/calibration.ts. */
    calibration: z
      .object({
        covered: z.number().positive().max(1),
        floor: z.number().positive(),
        taught: z.number().positive(),
        ratio: z.number().positive(),
        samples: z.int().positive(),
        sources: z.int().positive(),
      })
      .exactOptional(),
  }),
  graphs: z.object({
    /** Blocks `first` to `last`, counted from 1, each graph taking the residual stream where the one before left it. */
    segments: z
      .array(z.object({ graph: z.string(), first: z.int().positive(), last: z.int().positive() }))
      .min(1),
    head: z.string(),
    /** Absent in packs that were built before there was one. */
    alternatives: z.string().exactOptional(),
  }),
  sae: saeSchema.exactOptional(),
  probe: probeSchema.exactOptional(),
  files: z.array(fileSchema),
  provenance: z.object({ source: z.string(), sourceSha256: z.string(), command: z.string() }),
});

export type PackManifest = z.infer<typeof manifestSchema>;
export type PackFile = z.infer<typeof fileSchema>;

/** A folder with one model's graphs, weights and tokenizer, described by its `pack.json`. */
export interface ModelPack {
  readonly folder: string;
  readonly manifest: PackManifest;
  /** `name@version` */
  readonly label: string;
}

/** The pack can't be used; the message names the file, and for altered content both hashes. */
export class PackError extends Error {
  override readonly name = 'PackError';
}

/** Reads `pack.json` and checks that every file is there at its full size. Content is checked by `verifyPack`. */
export async function loadPack(folder: string): Promise<ModelPack> {
  const path = join(folder, 'pack.json');
  const manifest = parseManifest(path, await readManifest(path));
  for (const file of manifest.files) await checkSize(folder, file);
  checkGraphs(path, manifest);
  checkAutoencoder(path, manifest);
  return { folder, manifest, label: `${manifest.name}@${manifest.version}` };
}

/** Compares the SHA-256 of every file with `pack.json`. Throws a PackError for the first that differs. */
export async function verifyPack(pack: ModelPack): Promise<void> {
  const { files } = pack.manifest;
  const digests = await sha256OfFiles(files.map(({ path }) => join(pack.folder, path)));
  for (const [index, file] of files.entries()) {
    const digest = digests[index]!;
    if (digest !== file.sha256) {
      throw new PackError(
        `${join(pack.folder, file.path)} was altered: its SHA-256 is ${digest}, pack.json says ${file.sha256}. ` +
          'Restore the file, or build the pack again.',
      );
    }
  }
}

async function readManifest(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new PackError(`${path} can't be read: is this the folder of a model pack?`, { cause });
  }
}

function parseManifest(path: string, content: string): PackManifest {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new PackError(`${path} is not JSON: ${String(cause)}`, { cause });
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) throw new PackError(`${path}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function checkGraphs(path: string, { graphs, files, model, layer, kernel, sae, probe }: PackManifest): void {
  const listed = new Set(files.map((file) => file.path));
  const ofSae = sae ? [sae.encode, sae.chosen, sae.decode, ...Object.values(sae.pages ?? {})] : [];
  const ofProbe = probe ? [probe.graph] : [];
  const ofModel = [
    ...graphs.segments.map(({ graph }) => graph),
    graphs.head,
    graphs.alternatives ?? graphs.head,
  ];
  for (const graph of [...ofModel, ...ofSae, ...ofProbe]) {
    if (!listed.has(graph)) throw new PackError(`${path}: ${graph} is not among its files`);
  }
  let next = 1;
  for (const { graph, first, last } of graphs.segments) {
    if (first !== next || last < first) {
      throw new PackError(`${path}: ${graph} holds blocks ${first} to ${last}, but block ${next} comes next`);
    }
    next = last + 1;
  }
  if (next - 1 !== model.layers) {
    throw new PackError(`${path}: the graphs hold ${next - 1} blocks, the model has ${model.layers}`);
  }
  for (const [name, border] of [
    ['layer', layer],
    ['kernel.layer', kernel.layer],
  ] as const) {
    if (!graphs.segments.slice(0, -1).some((segment) => segment.last === border)) {
      throw new PackError(`${path}: ${name} is ${border}, where no graph but the last ends`);
    }
  }
}

/** The autoencoder must have been made for this model, at this place. */
function checkAutoencoder(path: string, { sae, model, layer }: PackManifest): void {
  if (sae === undefined) return;
  if (sae.hidden !== model.hidden) {
    throw new PackError(`${path}: sae.hidden is ${sae.hidden}, the model's is ${model.hidden}`);
  }
  const hook = `blocks.${layer - 1}.hook_resid_post`;
  if (sae.hook !== hook) throw new PackError(`${path}: sae.hook is ${sae.hook}, resid ${layer} is ${hook}`);
}

async function checkSize(folder: string, file: PackFile): Promise<void> {
  const path = join(folder, file.path);
  let bytes: number;
  try {
    bytes = (await stat(path)).size;
  } catch (cause) {
    throw new PackError(`${path} is missing (SHA-256 ${file.sha256})`, { cause });
  }
  if (bytes !== file.bytes) {
    throw new PackError(
      `${path} was altered: it has ${bytes} bytes, pack.json says ${file.bytes} (SHA-256 ${file.sha256})`,
    );
  }
}
