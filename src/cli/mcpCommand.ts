import { once } from 'node:events';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { AgentError } from '../agents/agentError.js';
import { AgentTools } from '../agents/agentTools.js';
import { AllowedFolders } from '../agents/allowedFolders.js';
import { loadPack } from '../model/pack.js';
import { exitCode, type ExitCode, UsageError } from './exitCode.js';
import type { EngineOptions } from './engineRun.js';
import type { Host } from './host.js';
import { mcpServer } from './mcpServer.js';

/** Answers an MCP client over standard input and output until it leaves. The engine starts at the first call. */
export async function mcpCommand(
  paths: readonly string[],
  { pack, threads, cache }: EngineOptions,
  host: Host,
): Promise<ExitCode> {
  const folders = await AllowedFolders.of(paths.length === 0 ? ['.'] : paths).catch((error: unknown) => {
    throw error instanceof AgentError ? new UsageError(error.message) : error;
  });
  const packFolder = pack ?? host.defaultPackFolder;
  await loadPack(packFolder);
  const engine = host.startEngine({ packFolder, cache, ...(threads === undefined ? {} : { threads }) });
  const tools = new AgentTools({
    engine: () => Promise.resolve(engine),
    folders: () => Promise.resolve(folders),
    version: host.version,
  });
  const server = mcpServer(tools, host.version);
  const left = leaving(host, (reason) => host.stderr.write(`backfire: ${reason}\n`));
  try {
    server.server.onerror = (error) => host.stderr.write(`backfire: ${error.message}\n`);
    await server.connect(new StdioServerTransport(host.stdin, host.stdout));
    await left;
  } finally {
    await server.close();
    await engine.dispose();
  }
  return host.signal.aborted ? exitCode.interrupted : exitCode.ok;
}

/** Resolves when the client has closed its end, or on Ctrl-C. */
async function leaving({ stdin, stdout, signal }: Host, say: (reason: string) => void): Promise<void> {
  stdout.on('error', (error: Error) => {
    say(`the client can't be answered: ${error.message}`);
    stdin.destroy();
  });
  await Promise.race([
    once(stdin, 'end'),
    once(stdin, 'close'),
    ...(signal.aborted ? [Promise.resolve()] : [once(signal, 'abort')]),
  ]);
}
