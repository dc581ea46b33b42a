import { PassThrough } from 'node:stream';
import { Command, CommanderError } from 'commander';
import type { ScanWatch } from '../corpus/scanTask.js';
import type { Engine } from '../engine/engine.js';
import { exitCode, IncompleteError, UsageError, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { scanCommand } from './scanCommand.js';
import { scanSubcommand } from './scanSubcommand.js';
import { RequestError, scanShardParamsSchema } from './serveProtocol.js';

export interface ShardAnswer {
  readonly code: ExitCode;
}

/**
 * `backfire scan` as its command line has it, with the engine that is there already: the report at --output is the one that
 * the command would have written, or is taken up where an earlier request left it.
 */
export async function scanShard(
  params: unknown,
  host: Host,
  engine: Engine,
  signal: AbortSignal,
  tell: (begun: { path: string; record?: number }) => void,
): Promise<ShardAnswer> {
  const parsed = scanShardParamsSchema.safeParse(params);
  if (!parsed.success)
    throw new RequestError('invalid-params', 'scanShard needs args; trace and crashed may follow');
  const { args, crashed } = parsed.data;
  const known = new Set(crashed.map(({ path, record }) => placeOf(path, record)));
  const watch: ScanWatch = {
    onBegin: (path, record) => tell({ path, ...(record === undefined ? {} : { record }) }),
    hasCrashed: (path, record) => known.has(placeOf(path, record)),
  };
  const warm: Engine = {
    info: () => engine.info(),
    findCandidates: (document, options) => engine.findCandidates(document, options),
    measure: (samples, options) => engine.measure(samples, options),
    dispose: () => Promise.resolve(),
  };
  return {
    code: await scanAs(args, {
      ...host,
      stdin: new PassThrough().end(),
      stderr: new PassThrough().resume(),
      signal: AbortSignal.any([host.signal, signal]),
      startEngine: () => warm,
      watch,
    }),
  };
}

/** @throws RequestError for what a person must mend */
async function scanAs(args: readonly string[], host: Host): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  scanSubcommand(program, async (paths, options) => {
    if (options.output === undefined) throw new UsageError('scanShard needs --output FILE among its args');
    code = await scanCommand(paths, { ...options, format: 'jsonl', resume: true, quiet: true }, host);
  });
  try {
    await program.parseAsync(['scan', ...args], { from: 'user' });
  } catch (error) {
    const isTheirs =
      error instanceof CommanderError || error instanceof UsageError || error instanceof IncompleteError;
    throw isTheirs ? new RequestError('invalid-params', error.message) : error;
  }
  return code;
}

function placeOf(path: string, record: number | undefined): string {
  return record === undefined ? path : `${path}#${record}`;
}
