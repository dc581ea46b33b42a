import { join } from 'node:path';
import treeSitter from '@vscode/tree-sitter-wasm';
import type { Language, Parser } from '@vscode/tree-sitter-wasm';

/** Languages whose syntax is parsed; all others are read by a lexical scan of their comments. */
export const grammarNames = [
  'bash',
  'c-sharp',
  'cpp',
  'css',
  'go',
  'java',
  'javascript',
  'php',
  'powershell',
  'python',
  'ruby',
  'rust',
  'tsx',
  'typescript',
] as const;
export type GrammarName = (typeof grammarNames)[number];

/** Hands out one parser a language, loaded on first use. `undefined` where the grammar cannot be had. */
export interface Grammars {
  parser(name: GrammarName): Promise<Parser | undefined>;
}

/**
 * Grammars read from a folder that holds `tree-sitter.wasm` and `tree-sitter-<name>.wasm`.
 * A missing grammar costs precision, not the scan: the caller then falls back to the lexical scan, and `onMissing` is told once.
 */
export function loadGrammars(
  folder: string,
  onMissing: (name: GrammarName, reason: string) => void = () => {},
): Grammars {
  let runtime: Promise<void> | undefined;
  const parsers = new Map<GrammarName, Promise<Parser | undefined>>();

  const load = async (name: GrammarName): Promise<Parser | undefined> => {
    try {
      runtime ??= treeSitter.Parser.init({ locateFile: (file: string) => join(folder, file) });
      await runtime;
      const language: Language = await treeSitter.Language.load(join(folder, `tree-sitter-${name}.wasm`));
      return new treeSitter.Parser().setLanguage(language);
    } catch (error) {
      onMissing(name, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };

  return {
    parser(name) {
      let parser = parsers.get(name);
      if (parser === undefined) {
        parser = load(name);
        parsers.set(name, parser);
      }
      return parser;
    },
  };
}
