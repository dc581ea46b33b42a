import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { z } from 'zod';
import {
  explainAnswerSchema,
  explainInputSchema,
  scanAnswerSchema,
  scanInputSchema,
} from '../agents/agentSchemas.js';
import type { AgentTools } from '../agents/agentTools.js';
import { type ToolName, toolTexts } from '../agents/toolTexts.js';
import { asError } from '../corpus/asError.js';
import type { ScanProgress } from '../corpus/scanTally.js';

const schemas: Record<ToolName, { readonly inputSchema: z.ZodObject; readonly outputSchema: z.ZodObject }> = {
  backfire_scan: { inputSchema: scanInputSchema, outputSchema: scanAnswerSchema },
  backfire_explain: { inputSchema: explainInputSchema, outputSchema: explainAnswerSchema },
};

/** What a call brings along, as far as it is used here. */
interface Call {
  readonly signal: AbortSignal;
  readonly _meta?: { readonly progressToken?: string | number | undefined } | undefined;
  readonly sendNotification: (notification: {
    method: 'notifications/progress';
    params: { progressToken: string | number; progress: number; total?: number; message: string };
  }) => Promise<void>;
}

/** The tools over MCP, with progress for whoever asks for it. A call that fails says why in its answer. */
export function mcpServer(tools: AgentTools, version: string): McpServer {
  const server = new McpServer({ name: 'backfire', version });
  for (const name of Object.keys(toolTexts) as ToolName[]) {
    server.registerTool(
      name,
      {
        ...toolTexts[name],
        ...schemas[name],
        annotations: {
          readOnlyHint: true,
          destructiveHint: false,
          idempotentHint: true,
          openWorldHint: false,
        },
      },
      (given: unknown, call: Call) => answer(tools, name, given, call),
    );
  }
  return server;
}

async function answer(
  tools: AgentTools,
  name: ToolName,
  input: unknown,
  call: Call,
): Promise<CallToolResult> {
  try {
    const result = await tools.answer(name, input, { signal: call.signal, onProgress: progressOf(call) });
    return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: { ...result } };
  } catch (error) {
    return { content: [{ type: 'text', text: asError(error).message }], isError: true };
  }
}

/** Files begun and samples measured, added up: it only grows, as MCP wants. The total is known when all is read. */
function progressOf({ _meta, sendNotification }: Call): (progress: ScanProgress) => void {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return () => undefined;
  let told = 0;
  return ({ path, files, queued, measured }) => {
    const progress = files + measured;
    if (progress <= told) return;
    told = progress;
    const total = path === '' ? { total: files + queued } : {};
    const message = `${files} files read, ${measured} of ${queued} samples measured`;
    // A client that has left needs no progress.
    void sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress, ...total, message },
    }).catch(() => undefined);
  };
}
