import type { GrammarName } from '../../model/grammars.js';

/** How a language writes comments, and which grammar parses it. */
export interface LanguageSyntax {
  /** Name as a fence's info string would give it. */
  readonly name: string;
  readonly grammar?: GrammarName;
  readonly lineComments: readonly string[];
  readonly blockComments: readonly (readonly [open: string, close: string])[];
  readonly quotes: readonly string[];
}

const cBlock = [['/*', '*/']] as const;
const cLike = { lineComments: ['//'], blockComments: cBlock, quotes: ['"', "'"] };
const scriptLike = { lineComments: ['//'], blockComments: cBlock, quotes: ['"', "'", '`'] };
const hashLike = { lineComments: ['#'], blockComments: [], quotes: ['"', "'"] };
const markup = { lineComments: [], blockComments: [['<!--', '-->']] as const, quotes: [] };

const syntaxes: readonly LanguageSyntax[] = [
  {
    name: 'python',
    grammar: 'python',
    lineComments: ['#'],
    blockComments: [],
    quotes: ['"""', "'''", '"', "'"],
  },
  { name: 'javascript', grammar: 'javascript', ...scriptLike },
  { name: 'jsx', grammar: 'javascript', ...scriptLike },
  { name: 'typescript', grammar: 'typescript', ...scriptLike },
  { name: 'tsx', grammar: 'tsx', ...scriptLike },
  { name: 'java', grammar: 'java', ...cLike },
  { name: 'c', grammar: 'cpp', ...cLike },
  { name: 'cpp', grammar: 'cpp', ...cLike },
  { name: 'csharp', grammar: 'c-sharp', ...cLike },
  { name: 'go', grammar: 'go', ...scriptLike },
  // No single quote: it opens lifetimes as well.
  { name: 'rust', grammar: 'rust', lineComments: ['//'], blockComments: cBlock, quotes: ['"'] },
  {
    name: 'ruby',
    grammar: 'ruby',
    lineComments: ['#'],
    blockComments: [['\n=begin', '\n=end']],
    quotes: ['"', "'"],
  },
  { name: 'php', grammar: 'php', lineComments: ['//', '#'], blockComments: cBlock, quotes: ['"', "'"] },
  { name: 'shell', grammar: 'bash', ...hashLike },
  {
    name: 'powershell',
    grammar: 'powershell',
    lineComments: ['#'],
    blockComments: [['<#', '#>']],
    quotes: ['"', "'"],
  },
  { name: 'css', grammar: 'css', lineComments: [], blockComments: cBlock, quotes: ['"', "'"] },
  { name: 'scss', lineComments: ['//'], blockComments: cBlock, quotes: ['"', "'"] },
  { name: 'kotlin', lineComments: ['//'], blockComments: cBlock, quotes: ['"""', '"', "'"] },
  { name: 'scala', lineComments: ['//'], blockComments: cBlock, quotes: ['"""', '"'] },
  { name: 'groovy', ...cLike },
  { name: 'swift', lineComments: ['//'], blockComments: cBlock, quotes: ['"""', '"'] },
  { name: 'dart', ...cLike },
  { name: 'solidity', ...cLike },
  { name: 'objective-c', ...cLike },
  { name: 'zig', lineComments: ['//'], blockComments: [], quotes: ['"'] },
  { name: 'elixir', ...hashLike, quotes: ['"""', '"'] },
  { name: 'perl', ...hashLike },
  { name: 'r', ...hashLike },
  { name: 'julia', lineComments: ['#'], blockComments: [['#=', '=#']], quotes: ['"""', '"'] },
  { name: 'yaml', ...hashLike },
  { name: 'toml', ...hashLike },
  { name: 'dockerfile', ...hashLike, quotes: ['"'] },
  { name: 'makefile', ...hashLike, quotes: [] },
  { name: 'terraform', lineComments: ['#', '//'], blockComments: cBlock, quotes: ['"'] },
  { name: 'nginx', ...hashLike },
  { name: 'ini', lineComments: ['#', ';'], blockComments: [], quotes: [] },
  { name: 'sql', lineComments: ['--'], blockComments: cBlock, quotes: ["'"] },
  { name: 'lua', lineComments: ['--'], blockComments: [['--[[', ']]']], quotes: ['"', "'"] },
  { name: 'haskell', lineComments: ['--'], blockComments: [['{-', '-}']], quotes: ['"'] },
  { name: 'erlang', lineComments: ['%'], blockComments: [], quotes: ['"'] },
  { name: 'latex', lineComments: ['%'], blockComments: [], quotes: [] },
  { name: 'clojure', lineComments: [';'], blockComments: [], quotes: ['"'] },
  { name: 'html', ...markup },
  { name: 'xml', ...markup },
  {
    name: 'vue',
    lineComments: ['//'],
    blockComments: [
      ['<!--', '-->'],
      ['/*', '*/'],
    ],
    quotes: [],
  },
  {
    name: 'svelte',
    lineComments: ['//'],
    blockComments: [
      ['<!--', '-->'],
      ['/*', '*/'],
    ],
    quotes: [],
  },
];

// prettier-ignore
const aliases: Readonly<Record<string, string>> = {
  py: 'python', python3: 'python', pycon: 'python', pyi: 'python', starlark: 'python', bzl: 'python', sage: 'python',
  js: 'javascript', mjs: 'javascript', cjs: 'javascript', node: 'javascript', es6: 'javascript', javascriptreact: 'jsx',
  ts: 'typescript', mts: 'typescript', cts: 'typescript', typescriptreact: 'tsx',
  h: 'c', cc: 'cpp', cxx: 'cpp', hpp: 'cpp', hh: 'cpp', hxx: 'cpp', 'c++': 'cpp', ino: 'cpp', cuda: 'cpp', cu: 'cpp',
  cs: 'csharp', 'c#': 'csharp', golang: 'go', rs: 'rust', rb: 'ruby', gemspec: 'ruby', rake: 'ruby', erb: 'ruby',
  sh: 'shell', bash: 'shell', zsh: 'shell', shellscript: 'shell', console: 'shell', ksh: 'shell', bat: 'shell',
  ps1: 'powershell', kt: 'kotlin', kts: 'kotlin', sc: 'scala', gradle: 'groovy', sol: 'solidity', m: 'objective-c',
  mm: 'objective-c', 'objectivec': 'objective-c', ex: 'elixir', exs: 'elixir', pl: 'perl', pm: 'perl', jl: 'julia',
  yml: 'yaml', docker: 'dockerfile', make: 'makefile', mk: 'makefile', tf: 'terraform', hcl: 'terraform', conf: 'ini',
  properties: 'ini', cfg: 'ini', mysql: 'sql', postgresql: 'sql', plsql: 'sql', hs: 'haskell', erl: 'erlang', tex: 'latex',
  clj: 'clojure', lisp: 'clojure', elisp: 'clojure', htm: 'html', xhtml: 'html', jsp: 'html', svg: 'xml', xsd: 'xml', less: 'scss', sass: 'scss',
  html5: 'html', jsonc: 'javascript', json5: 'javascript',
};

const byName = new Map(syntaxes.map((syntax) => [syntax.name, syntax]));

/** Syntax by fence info string, VS Code language id or file extension; `undefined` where it is not known. */
export function syntaxOf(name: string): LanguageSyntax | undefined {
  const key = name.toLowerCase();
  return byName.get(key) ?? byName.get(aliases[key] ?? '');
}

/** For code of an unknown language: the comment signs that hardly mean anything else. */
export const unknownSyntax: LanguageSyntax = {
  name: '',
  lineComments: ['//', '#', '--'],
  blockComments: [
    ['/*', '*/'],
    ['<!--', '-->'],
  ],
  quotes: [],
};

const guesses: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['php', /<\?php|^\s*\$\w+\s*=|\$this->/mu],
  ['cpp', /^\s*#\s*include\b|\bstd::|^\s*template\s*</mu],
  ['csharp', /^\s*using\s+[\w.]+;|^\s*namespace\s+[\w.]+\s*[;{]?\s*$|\bstring\[\]\s|\bvar \w+ = new \w/mu],
  ['go', /^\s*package \w+\s*$|^\s*func\s+[\w(]|:=\s/mu],
  ['rust', /^\s*(?:pub(?:\([^)]*\))?\s+)?fn \w+|\blet mut\b|^\s*use \w+::|^\s*impl\b/mu],
  [
    'java',
    /^\s*import (?:static )?[\w.]+;|^\s*(?:public|private|protected)\s[\w<>[\], ]+[({]|\bfinal \w+ \w+ =|@Override/mu,
  ],
  [
    'python',
    /^\s*(?:def|class)\s\w+[^{]*:\s*(?:#.*)?$|^\s*(?:from [\w.]+ )?import [\w.]+(?: as \w+)?\s*$|^\s*(?:if|for|while|with|try|else)\b[^{;]*:\s*$/mu,
  ],
  ['ruby', /^\s*(?:def \w+[?!]?|end|module \w+|require ['"])|\bdo \|\w+|^\s*attr_\w+/mu],
  ['shell', /^#!.*sh\b|^\s*(?:sudo|echo|export|cd|curl|fi|done|git|npm|docker)\s|\$\{?\w+\}?.*\|\s*\w+/mu],
  ['typescript', /^\s*(?:interface|type) \w+|:\s*(?:string|number|boolean)\b/mu],
  ['javascript', /\b(?:const|let|var)\s+[\w{[]|=>|\bfunction\b|===/u],
  ['c', /^\s*(?:static |const |unsigned )*(?:int|char|void|long|float|double|size_t)\s+\**\w+/mu],
];

/** Best guess from the first lines of a piece of code; `unknownSyntax` where nothing tells. */
export function guessSyntax(code: string): LanguageSyntax {
  const head = code
    .slice(0, 4000)
    .split('\n')
    .map((line) => line.slice(0, 200))
    .join('\n');
  const name = guesses.find(([, pattern]) => pattern.test(head))?.[0];
  return (name === undefined ? undefined : byName.get(name)) ?? unknownSyntax;
}
