import type { Node, Parser } from '@vscode/tree-sitter-wasm';
import type { NodeAt } from './comments.js';

const declaration =
  /(?:function|method|constructor|class|interface|struct|enum|trait|impl|module|namespace|decorated|package|type_declaration|declaration_list|record|destructor|singleton_method|template)(?:_(?:definition|declaration|item|specifier|statement|declarator))?$|^(?:method|class)$/u;
const block =
  /^(?:.*_)?(?:block|body|program|source_file|translation_unit|compilation_unit|statements|compound_statement|body_statement|declaration_list|chunk|document|script|stylesheet)$|^module$/u;

// Milliseconds. A megabyte takes about one second; what takes longer is built to.
const longestParse = 3000;

/**
 * Runs `use` with the nodes of a parsed piece of code, and frees the tree afterwards. Offsets are UTF-16 code units.
 * `undefined` where the parser gave no tree in time.
 */
export function withParsedCode<T>(parser: Parser, text: string, use: (nodeAt: NodeAt) => T): T | undefined {
  const deadline = performance.now() + longestParse;
  const tree = parser.parse(text, null, { progressCallback: () => performance.now() > deadline });
  if (tree === null) {
    parser.reset();
    return undefined;
  }
  try {
    const root = tree.rootNode;
    return use((offset) => nodeAt(root, offset));
  } finally {
    tree.delete();
  }
}

function nodeAt(root: Node, offset: number): ReturnType<NodeAt> {
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
  // A member list's own braces are not part of what it holds.
  const last = parent.lastChild;
  const scopeEnd = last !== null && /^(?:[)}\]]|end)$/u.test(last.type) ? last.startIndex : parent.endIndex;
  return {
    end: node.endIndex,
    declaration: declaration.test(node.type),
    scopeEnd: Math.max(scopeEnd, node.endIndex),
  };
}
