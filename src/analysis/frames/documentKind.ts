import type { TextDocument } from '../candidate.js';
import { syntaxOf, type LanguageSyntax } from './languages.js';

/** How a document is to be read. */
export type DocumentKind =
  | { readonly kind: 'markdown' }
  | { readonly kind: 'restructuredText' }
  | { readonly kind: 'asciiDoc' }
  | { readonly kind: 'html' }
  | { readonly kind: 'records'; readonly lines: boolean }
  | { readonly kind: 'code'; readonly syntax: LanguageSyntax | undefined };

const byName: Readonly<Record<string, DocumentKind>> = {
  md: { kind: 'markdown' },
  markdown: { kind: 'markdown' },
  mdx: { kind: 'markdown' },
  mdown: { kind: 'markdown' },
  mkd: { kind: 'markdown' },
  qmd: { kind: 'markdown' },
  rmd: { kind: 'markdown' },
  mdc: { kind: 'markdown' },
  plaintext: { kind: 'markdown' },
  txt: { kind: 'markdown' },
  rst: { kind: 'restructuredText' },
  rest: { kind: 'restructuredText' },
  restructuredtext: { kind: 'restructuredText' },
  adoc: { kind: 'asciiDoc' },
  asciidoc: { kind: 'asciiDoc' },
  asc: { kind: 'asciiDoc' },
  html: { kind: 'html' },
  htm: { kind: 'html' },
  xhtml: { kind: 'html' },
  xml: { kind: 'html' },
  qhelp: { kind: 'html' },
  jsonl: { kind: 'records', lines: true },
  ndjson: { kind: 'records', lines: true },
  json: { kind: 'records', lines: false },
};

/** By language id, else by the path's extension, else by a look at the text; Markdown where nothing tells. */
export function documentKind(document: TextDocument): DocumentKind {
  for (const name of [document.languageId?.toLowerCase(), extensionOf(document.path)]) {
    if (name === undefined || name === '') continue;
    const known = byName[name];
    // A rendered page may keep the name of its source: XML without a tag at its start is Markdown or prose.
    if (known?.kind === 'html' && !/^\s*</u.test(document.text.slice(0, 2000))) continue;
    if (known !== undefined) return Object.hasOwn(byName, name) ? known : { kind: 'markdown' };
    const syntax = syntaxOf(name);
    if (syntax !== undefined) return isProse(document.text) ? sniff(document.text) : { kind: 'code', syntax };
  }
  return sniff(document.text);
}

function extensionOf(path: string | undefined): string | undefined {
  const name = path?.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();
  if (name === undefined) return undefined;
  const dot = name.lastIndexOf('.');
  return dot < 0 ? name : name.slice(dot + 1);
}

// The kind shows in the first screens.
const sniffed = 12000;

function sniff(text: string): DocumentKind {
  const head = text.slice(0, sniffed);
  if (/^\s*(?:<!doctype html|<html\b|<\?xml)/iu.test(head)) return { kind: 'html' };
  if (/^ {0,12}(?:[-*>] *)?(?:`{3}|~{3})/mu.test(head)) return { kind: 'markdown' };
  if (/^[ \t]*\.\. [\w:+-]+::/mu.test(head) || /^:[A-Z]\w+:\s*$/mu.test(head))
    return { kind: 'restructuredText' };
  if (/^\[source\b[^\]\n]*\]\s*$/mu.test(head) || /^={2,5} \S/mu.test(head)) return { kind: 'asciiDoc' };
  if (/^\s*<(?:p|h[1-6]|div|table|section|pre|ul|article)\b/iu.test(head)) return { kind: 'html' };
  if (/^#{1,6} \S/mu.test(head) && /^[ \t]*$/mu.test(head) && !looksLikeHashComments(head))
    return { kind: 'markdown' };
  if (!isProse(head) && codeShare(head) > 0.35) return { kind: 'code', syntax: undefined };
  if (/::[ \t]*$/mu.test(head) && /^[=~^-]{4,}\s*$/mu.test(head)) return { kind: 'restructuredText' };
  return { kind: 'markdown' };
}

const codeLine =
  /[;{}]\s*$|^\s*(?:\/\/|\/\*|\*\s|\*\/|#\s|@\w|[)}\]])|^\s*(?:def|class|function|func|fn|if|for|return|import|from|end|const|let|var|public|private|static)\b.*[:;{(]?\s*$|[\w\])]\s*[-+:]?=\s*\S|\w\(.*\)\s*$/u;

function codeShare(text: string): number {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && line.length < 1000);
  if (lines.length === 0) return 0;
  return lines.filter((line) => codeLine.test(line)).length / lines.length;
}

function looksLikeHashComments(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const prose = lines.filter((line) => /^[A-Z][\w'’,]*(?: [\w'’`,]+){5,}/u.test(line)).length;
  return prose === 0 && codeShare(text) > 0.6;
}

/** Text in a code file that is no code: a page of documentation that was cut out of it. */
function isProse(text: string): boolean {
  const head = text.slice(0, sniffed);
  if (holdsFence(head) && !/^(?:\/\/|#!|\/\*)/mu.test(head)) return true;
  if (/^(?:\/\/|\/\*|\*(?!\*)|#|--(?!-)|"""|''')/mu.test(head)) return false;
  const lines = head.split('\n').filter((line) => /^\S/u.test(line) && line.length < 2000);
  const sentences = lines.filter((line) => /^[\p{L}`*"(][^;{}=]*(?: [^\s;{}=]+){4,}$/u.test(line)).length;
  return sentences >= 2 && sentences / lines.length > 0.4;
}

/** A fence below a heading or another fence. */
function holdsFence(text: string): boolean {
  const first = text.search(/^(?:#{1,6} |`{3}|~{3})/mu);
  return first >= 0 && /\n(?:`{3}|~{3})/u.test(text.slice(first));
}
