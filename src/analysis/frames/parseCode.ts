import type { Node, Parser, Tree } from '@vscode/tree-sitter-wasm';
import type { NodeAt } from './comments.js';
import { lineEnd } from './outline.js';
import type { Span } from '../span.js';

const declaration =
  /(?:function|method|constructor|class|interface|struct|enum|trait|impl|module|namespace|decorated|package|type_declaration|declaration_list|record|destructor|singleton_method|template)(?:_(?:definition|declaration|item|specifier|statement|declarator))?$|^(?:method|class)$/u;
const block =
  /^(?:.*_)?(?:block|body|program|source_file|translation_unit|compilation_unit|statements|compound_statement|body_statement|declaration_list|chunk|document|script|stylesheet)$|^module$/u;

// Milliseconds. A megabyte takes about one second; what takes longer is built to.
const longestParse = 3000;
const largestParsed = 1_000_000;

/**
 * Runs `use` with the nodes of a piece of code, and frees what was parsed for it. Only the top-level stretches that it
 * asks about are parsed; where that takes too long there are no nodes. Offsets are UTF-16 code units.
 */
export function withParsedCode<T>(parser: Parser, text: string, use: (nodeAt: NodeAt) => T): T {
  const deadline = performance.now() + longestParse;
  const parse = (stretch: Span): Tree | null => {
    if (stretch.end - stretch.start > largestParsed) return null;
    const code = text.slice(stretch.start, stretch.end);
    const tree = parser.parse(code, null, { progressCallback: () => performance.now() > deadline });
    if (tree === null) parser.reset();
    return tree;
  };
  let parsed: { readonly stretch: Span; readonly tree: Tree | null } | undefined;
  try {
    return use((offset) => {
      if (parsed === undefined || offset < parsed.stretch.start || offset >= parsed.stretch.end) {
        parsed?.tree?.delete();
        const stretch = stretchAround(text, offset);
        parsed = { stretch, tree: parse(stretch) };
      }
      const { stretch, tree } = parsed;
      return tree === null ? undefined : nodeAt(tree.rootNode, offset, stretch.start);
    });
  } finally {
    parsed?.tree?.delete();
  }
}

/** From behind the last line before `offset` that closes a top-level block to the end of the next such line. */
function stretchAround(text: string, offset: number): Span {
  let close = text.lastIndexOf('\n}', offset - 1);
  while (close >= 0 && !closesTopLevel(text, close + 1)) close = text.lastIndexOf('\n}', close - 1);
  let end = text.indexOf('\n}', offset);
  while (end >= 0 && !closesTopLevel(text, end + 1)) end = text.indexOf('\n}', end + 1);
  return {
    // Code that stands in a page is text without its opening tag.
    start: close < 0 || /^\s*<\?/u.test(text.slice(0, 100)) ? 0 : lineEnd(text, close + 1),
    end: end < 0 ? text.length : lineEnd(text, end + 1),
  };
}

function closesTopLevel(text: string, at: number): boolean {
  return /^\}[;)]{0,3}\s*$/u.test(text.slice(at, Math.min(at + 20, lineEnd(text, at))));
}

/** `from` is where the parsed text begins. */
function nodeAt(root: Node, at: number, from: number): ReturnType<NodeAt> {
  const offset = at - from;
  let node = root.descendantForIndex(offset, offset);
  if (node === null || node.startIndex !== offset) return undefined;
  let parent = node.parent;
  while (
    parent !== null &&
    parent.startIndex === offset &&
    parent.parent !== null &&
    !block.test(parent.type)
  ) {
    node = parent;
    parent = node.parent;
  }
  if (parent === null) return undefined;
  return {
    end: from + node.endIndex,
    declaration: declaration.test(node.type),
    scopeEnd: parent.parent === null ? Infinity : from + Math.max(innerEnd(parent), node.endIndex),
  };
}

/** A member list's own closing sign is not part of what it holds. */
function innerEnd(parent: Node): number {
  const last = parent.lastChild;
  return last !== null && /^(?:[)}\]]|end)$/u.test(last.type) ? last.startIndex : parent.endIndex;
}
