import {
  type CancellationToken,
  type Disposable,
  l10n,
  type LanguageModelTool,
  LanguageModelTextPart,
  type LanguageModelToolInvocationOptions,
  LanguageModelToolResult,
  lm,
  MarkdownString,
  workspace,
} from 'vscode';
import type { AgentTools } from '../agents/agentTools.js';
import { AllowedFolders } from '../agents/allowedFolders.js';
import { toolTexts, type ToolName } from '../agents/toolTexts.js';
import { DisposableStore } from './disposableStore.js';
import type { EngineHost } from './engineHost.js';
import { markdownText } from './markdownText.js';

/** Newer than some builds of VS Code that extensions are installed into. */
const api: Partial<typeof lm> | undefined = lm;

/** Tools of chat agents: what the MCP server answers, by the window's own engine. */
export class AgentToolset implements Disposable {
  /** What is registered, by name; empty where this VS Code knows no such tools. */
  readonly tools = new Map<ToolName, LanguageModelTool<unknown>>();
  readonly #owned = new DisposableStore();
  #answering: Promise<AgentTools> | undefined;

  constructor(
    private readonly engine: EngineHost,
    private readonly version: string,
  ) {
    for (const name of Object.keys(toolTexts) as ToolName[]) {
      const tool = this.#tool(name);
      const registered = api?.registerTool?.(name, tool);
      if (registered === undefined) continue;
      this.#owned.add(registered);
      this.tools.set(name, tool);
    }
  }

  dispose(): void {
    this.#owned.dispose();
  }

  #tool(name: ToolName): LanguageModelTool<unknown> {
    return {
      prepareInvocation: ({ input }) => ({
        invocationMessage: l10n.t('Backfire is measuring'),
        confirmationMessages: {
          title: name === 'backfire_scan' ? l10n.t('Scan with Backfire?') : l10n.t('Explain a finding?'),
          message: new MarkdownString(markdownText(askedText(input))),
        },
      }),
      invoke: (options, token) => this.#invoke(name, options, token),
    };
  }

  async #invoke(
    name: ToolName,
    { input }: LanguageModelToolInvocationOptions<unknown>,
    token: CancellationToken,
  ): Promise<LanguageModelToolResult> {
    const controller = new AbortController();
    const listening = token.onCancellationRequested(() => controller.abort());
    if (token.isCancellationRequested) controller.abort();
    try {
      const tools = await (this.#answering ??= this.#load());
      const run = { signal: controller.signal, onProgress: () => undefined };
      const answer = await tools.answer(name, input, run);
      return new LanguageModelToolResult([new LanguageModelTextPart(JSON.stringify(answer))]);
    } finally {
      listening.dispose();
    }
  }

  async #load(): Promise<AgentTools> {
    // Here, not above: it is a bundle of its own.
    const { AgentTools } = await import('../agents/agentTools.js');
    return new AgentTools({
      engine: () => this.engine.engine(),
      folders: () => AllowedFolders.of(foldersOnDisk()),
      version: this.version,
    });
  }
}

/** What a person is told before a call; the input comes from a model. */
function askedText(input: unknown): string {
  return l10n.t(
    'Reads files of the workspace and measures on this machine. The model is told where findings are and how bad, not what stands there. Asked for: {0}',
    JSON.stringify(input).slice(0, 500),
  );
}

/** Paths of the workspace's folders; those of a virtual one are on no disk. */
export function foldersOnDisk(): string[] {
  return (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => uri.fsPath);
}
