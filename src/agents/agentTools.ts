import type { z } from 'zod';
import type { Finding } from '../analysis/finding.js';
import { usualKinds } from '../analysis/levels.js';
import { visibleText } from '../analysis/visibleText.js';
import type { Skipped } from '../corpus/scanLine.js';
import type { ScanProgress } from '../corpus/scanTally.js';
import type { Engine } from '../engine/engine.js';
import { AgentError } from './agentError.js';
import { failingRemedies } from '../analysis/remedies.js';
import { agentScan, type AgentScanResult } from './agentScan.js';
import {
  agentLimits,
  type ExplainAnswer,
  explainInputSchema,
  type PlacedFinding,
  type ScanAnswer,
  scanInputSchema,
} from './agentSchemas.js';
import type { AllowedFolders } from './allowedFolders.js';
import { explained, placedFinding } from './placedFinding.js';
import type { ToolName } from './toolTexts.js';

export interface AgentHost {
  /** Started by the first call. */
  engine(): Promise<Engine>;
  /** As they are at the time of the call. */
  folders(): Promise<AllowedFolders>;
  readonly version: string;
}

export interface AgentRun {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ScanProgress) => void;
}

/** Fingerprints whose file is remembered, so that a finding can be asked for by its fingerprint alone. */
const remembered = 10_000;

/** What an agent may ask, the same over MCP and in the editor. No answer holds text of a file. */
export class AgentTools {
  private readonly paths = new Map<string, string>();

  constructor(private readonly host: AgentHost) {}

  /** @throws AgentError where the input or a path can't be used, EngineError where there is no engine */
  answer(name: ToolName, input: unknown, run: AgentRun): Promise<ScanAnswer | ExplainAnswer> {
    return name === 'backfire_scan' ? this.scan(input, run) : this.explain(input, run);
  }

  private async scan(input: unknown, run: AgentRun): Promise<ScanAnswer> {
    const { paths, minLevel, kinds = usualKinds, maxFindings } = parsed(scanInputSchema, input);
    const folders = await this.host.folders();
    const found = await Promise.all(paths.map((path) => folders.find(path)));
    const result = await this.run(folders, found, { minLevel, kinds }, run);
    const placed = this.placed(folders, result.findings).sort((a, b) => worstFirst(a.placed, b.placed));
    const cut = [...result.cut];
    if (placed.length > maxFindings) {
      cut.push(
        `${placed.length - maxFindings} more findings are not listed: raise minLevel or maxFindings, or name fewer paths.`,
      );
    }
    if (result.skipped.length > agentLimits.skipped)
      cut.push(`${result.skipped.length - agentLimits.skipped} more skipped places are not listed.`);
    return {
      findings: placed.slice(0, maxFindings).map((each) => each.placed),
      cut,
      skipped: result.skipped.slice(0, agentLimits.skipped).map((each) => skippedPlace(each, folders)),
      counts: countsOf(result),
      pack: result.summary.pack,
    };
  }

  private async explain(input: unknown, run: AgentRun): Promise<ExplainAnswer> {
    const { fingerprint, path, line } = parsed(explainInputSchema, input);
    if (fingerprint === undefined && (path === undefined || line === undefined))
      throw new AgentError('Give a fingerprint, or path and line, as backfire_scan listed them.');
    const folders = await this.host.folders();
    const named = path ?? this.paths.get(fingerprint ?? '');
    if (named === undefined)
      throw new AgentError('This fingerprint is of no scan of this session: give the path, too.');
    const file = await folders.find(named);
    const result = await this.run(folders, [file], { minLevel: 'none', kinds: usualKinds }, run);
    const all = this.placed(folders, result.findings);
    const wanted = all.filter(
      ({ placed }) =>
        (fingerprint === undefined || placed.fingerprint === fingerprint) &&
        (line === undefined || (placed.record ?? placed.line) === line),
    );
    if (wanted.length === 0) throw new AgentError(notThere(folders.nameOf(file), all, result));
    return {
      findings: wanted.map(({ placed, finding }) => explained(placed, finding)),
      failing: [...failingRemedies],
      pack: result.summary.pack,
    };
  }

  private async run(
    folders: AllowedFolders,
    paths: readonly string[],
    asked: Pick<Parameters<typeof agentScan>[0], 'minLevel' | 'kinds'>,
    { signal, onProgress }: AgentRun,
  ): Promise<AgentScanResult> {
    const engine = await this.host.engine();
    const { pack } = await engine.info();
    signal.throwIfAborted();
    const { version } = this.host;
    return agentScan({ engine, folders, paths, ...asked, version, pack, signal, onProgress });
  }

  private placed(folders: AllowedFolders, findings: readonly Finding[]): Placed[] {
    return findings.flatMap((finding) => {
      const { path } = finding.source;
      const placed = placedFinding(finding, visibleText(folders.nameOf(path)));
      if (placed === undefined) return [];
      this.remember(placed.fingerprint, path);
      return [{ placed, finding }];
    });
  }

  private remember(fingerprint: string, path: string): void {
    this.paths.delete(fingerprint);
    this.paths.set(fingerprint, path);
    const [oldest] = this.paths.keys();
    if (this.paths.size > remembered && oldest !== undefined) this.paths.delete(oldest);
  }
}

interface Placed {
  readonly placed: PlacedFinding;
  readonly finding: Finding;
}

function parsed<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new AgentError(`The input can't be used: ${problems.join('; ')}.`);
}

const order = { high: 0, medium: 1, low: 2, none: 3 } as const;

function worstFirst(a: PlacedFinding, b: PlacedFinding): number {
  return order[a.level] - order[b.level] || (b.measures.taught?.value ?? 0) - (a.measures.taught?.value ?? 0);
}

/** Without its detail: what a parser says of a broken record quotes it. */
function skippedPlace({ path, record, reason }: Skipped, folders: AllowedFolders) {
  return { path: visibleText(folders.nameOf(path)), ...(record === undefined ? {} : { record }), reason };
}

function countsOf({ summary, skipped }: AgentScanResult): ScanAnswer['counts'] {
  const { comment, record, baseline } = summary.suppressed;
  return {
    files: summary.files,
    records: summary.records.read,
    ignored: summary.ignored,
    skipped: skipped.length,
    suppressed: comment + record + baseline,
    levels: summary.levels,
    setAside: Object.values(summary.setAside).reduce((sum, each) => sum + each, 0),
  };
}

function notThere(path: string, all: readonly Placed[], { cut, skipped }: AgentScanResult): string {
  const name = visibleText(path);
  const lines = [...new Set(all.map(({ placed }) => placed.record ?? placed.line))].slice(0, 50);
  const there = lines.length === 0 ? `${name} has no finding` : `${name} has findings at ${lines.join(', ')}`;
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  const lost = reasons.length === 0 ? '' : ` Skipped in it: ${reasons.join(', ')}.`;
  return `No such finding: ${there}.${lost} ${cut.join(' ')}`.trim();
}
