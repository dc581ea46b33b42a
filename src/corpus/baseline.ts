import { createHash } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { z } from 'zod';

const entrySchema = z
  .object({
    path: z.string().describe('Relative to the folder of the baseline file, with slashes.'),
    rule: z.string(),
    fingerprint: z.string().describe('Without the number that tells occurrences apart.'),
    count: z.int().positive().describe('How often it occurs in one text of the file.'),
  })
  .strict();
type Entry = z.infer<typeof entrySchema>;

export const baselineSchema = z
  .object({ type: z.literal('backfire-baseline'), version: z.literal(1), findings: z.array(entrySchema) })
  .strict()
  .describe('Findings that are known: `backfire scan --baseline` leaves them alone.');

/** The file cannot be used; the message says what to do. */
export class BaselineError extends Error {
  override readonly name = 'BaselineError';
}

/** What a scan found in its files, suppressed by a baseline or not: by path and by fingerprint. */
export type Occurrences = ReadonlyMap<string, ReadonlyMap<string, Occurrence>>;

export interface Occurrence {
  readonly rule: string;
  /** The most in one text. */
  readonly count: number;
}

/** A fingerprint, and which occurrence of it in its text this is, from 1. */
export function splitFingerprint(fingerprint: string): {
  readonly content: string;
  readonly ordinal: number;
} {
  const [content = '', ordinal = '1'] = fingerprint.split('-');
  return { content, ordinal: Number(ordinal) };
}

/**
 * Known findings, by path and fingerprint. Which of several occurrences is known is decided text by text, so the answer
 * depends on nothing that was read before, and a scan may go on in the middle of a file.
 */
export class Baseline {
  private readonly byPath = new Map<string, Map<string, Entry>>();

  constructor(
    private readonly file: string,
    private readonly entries: readonly Entry[],
    /** Changes with the content: a scan is resumed with the same baseline only. */
    readonly digest: string,
  ) {
    for (const entry of entries) {
      const inPath = this.byPath.get(entry.path) ?? new Map<string, Entry>();
      this.byPath.set(entry.path, inPath.set(entry.fingerprint, entry));
    }
  }

  has(path: string, fingerprint: string): boolean {
    const { content, ordinal } = splitFingerprint(fingerprint);
    const entry = this.byPath.get(pathFrom(this.file, path))?.get(content);
    return entry !== undefined && ordinal <= entry.count;
  }

  /** Entries that occur no more, or not as often: in a file that was read, or one that is gone. */
  stale(occurrences: Occurrences): number {
    const seen = relativeTo(this.file, occurrences);
    return this.entries.filter(({ path, fingerprint, count }) => {
      const inPath = seen.get(path);
      if (inPath === undefined) return this.isGone(path);
      return (inPath.get(fingerprint)?.count ?? 0) < count;
    }).length;
  }

  /** Entries of files that were not read this time, where the file is still there; paths from `file`. */
  unread(occurrences: Occurrences, file: string): Entry[] {
    const seen = relativeTo(this.file, occurrences);
    return this.entries
      .filter(({ path }) => !seen.has(path) && !this.isGone(path))
      .map((entry) => ({ ...entry, path: pathFrom(file, this.locate(entry.path)) }));
  }

  private isGone(path: string): boolean {
    return path !== '-' && !existsSync(this.locate(path));
  }

  private locate(path: string): string {
    return path === '-' ? path : resolve(dirname(this.file), path);
  }
}

/** @throws BaselineError if the file is missing, malformed or of another version. */
export async function readBaseline(file: string): Promise<Baseline> {
  const remedy = `write it anew with --write-baseline ${file}`;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BaselineError(`the baseline cannot be read (${reason}); ${remedy}`);
  });
  const value = parseJson(text);
  const version: unknown =
    typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined;
  if (version !== undefined && version !== 1) {
    throw new BaselineError(
      `${file} is a baseline of version ${JSON.stringify(version)}, this program reads version 1; ${remedy}`,
    );
  }
  const parsed = baselineSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    throw new BaselineError(`${file} is no baseline${place}: ${issue?.message ?? 'no JSON'}; ${remedy}`);
  }
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return new Baseline(file, parsed.data.findings, digest);
}

/** Tells before a long scan what would fail after it. @throws BaselineError */
export async function assertBaselineWritable(file: string): Promise<void> {
  await access(dirname(resolve(file)), constants.W_OK).catch((error: unknown) => {
    throw new BaselineError(
      `the baseline cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
}

/**
 * Writes what a scan found, and what an earlier baseline knows of files that were not read. The file takes its name in
 * one step; its order and form depend on the content alone. Returns the number of entries.
 */
export async function writeBaseline(
  file: string,
  occurrences: Occurrences,
  earlier: Baseline | undefined,
): Promise<number> {
  const findings: Entry[] = earlier?.unread(occurrences, file) ?? [];
  for (const [path, inPath] of relativeTo(file, occurrences)) {
    for (const [fingerprint, { rule, count }] of inPath) findings.push({ path, rule, fingerprint, count });
  }
  findings.sort(
    (a, b) => compare(a.path, b.path) || compare(a.rule, b.rule) || compare(a.fingerprint, b.fingerprint),
  );
  const lines = findings.map((entry) => `\n    ${JSON.stringify(entry)}`).join(',');
  const text = `{\n  "type": "backfire-baseline",\n  "version": 1,\n  "findings": [${lines}${lines === '' ? '' : '\n  '}]\n}\n`;
  const provisional = `${file}.partial`;
  try {
    const handle = await open(provisional, 'w');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(provisional, file);
  } catch (error) {
    await rm(provisional, { force: true });
    throw new BaselineError(
      `the baseline cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return findings.length;
}

function relativeTo(file: string, occurrences: Occurrences): Map<string, ReadonlyMap<string, Occurrence>> {
  return new Map([...occurrences].map(([path, inPath]) => [pathFrom(file, path), inPath]));
}

function pathFrom(file: string, path: string): string {
  if (path === '-') return path;
  return relative(resolve(dirname(file)), resolve(path))
    .split(sep)
    .join('/');
}

/** By code units: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
