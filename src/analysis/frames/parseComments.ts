import type { Node, Parser } from '@vscode/tree-sitter-wasm';
import type { CodeView, SourceComment } from './comments.js';
import { isOwnLine } from './scanComments.js';

const commentTypes = ['comment', 'line_comment', 'block_comment', 'html_comment', 'js_comment'];
const declaration =
  /(?:function|method|constructor|class|interface|struct|enum|trait|impl|module|namespace|decorated|package|type_declaration|declaration_list|record|destructor|singleton_method|template)(?:_(?:definition|declaration|item|specifier|statement|declarator))?$|^(?:method|class)$/u;
const block =
  /^(?:.*_)?(?:block|body|program|source_file|translation_unit|compilation_unit|statements|compound_statement|body_statement|declaration_list|chunk|document|script|stylesheet)$|^module$/u;

// Milliseconds. A megabyte takes about one second; what takes longer is built to.
const longestParse = 3000;

/**
 * Runs `use` over the parsed view of a piece of code, and frees the tree afterwards. Offsets are UTF-16 code units.
 * `undefined` where the parser gave no tree in time.
 */
export function withParsedCode<T>(parser: Parser, text: string, use: (view: CodeView) => T): T | undefined {
  const deadline = performance.now() + longestParse;
  const tree = parser.parse(text, null, { progressCallback: () => performance.now() > deadline });
  if (tree === null) {
    parser.reset();
    return undefined;
  }
  try {
    const root = tree.rootNode;
    const comments: SourceComment[] = [];
    for (const node of root.descendantsOfType([...commentTypes, 'expression_statement'])) {
      const comment = node === null ? undefined : toComment(text, node);
      if (comment !== undefined) comments.push(comment);
    }
    comments.sort((a, b) => a.span.start - b.span.start);
    return use({ text, comments, nodeAt: (offset) => nodeAt(root, offset) });
  } finally {
    tree.delete();
  }
}

function toComment(text: string, node: Node): SourceComment | undefined {
  const start = node.startIndex;
  let end = node.endIndex;
  if (node.type === 'expression_statement') {
    const [only] = node.namedChildren;
    if (
      node.namedChildCount !== 1 ||
      only?.type !== 'string' ||
      !/^[rRbBuUfF]{0,2}(?:"""|''')/u.test(text.slice(start, start + 5))
    ) {
      return undefined;
    }
    return { span: { start, end }, kind: 'docstring', ownLine: isOwnLine(text, start) };
  }
  // Some grammars count the line break to the comment.
  while (end > start && /[\r\n]/u.test(text[end - 1] ?? '')) end--;
  const opening = text.slice(start, start + 4);
  const kind =
    opening.startsWith('/*') || opening.startsWith('<!--') || opening.startsWith('<#') || opening === '=beg'
      ? 'block'
      : 'line';
  return { span: { start, end }, kind, ownLine: isOwnLine(text, start) };
}

function nodeAt(root: Node, offset: number): ReturnType<CodeView['nodeAt']> {
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
