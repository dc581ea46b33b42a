import { describe, expect, it } from 'vitest';
import { find, payloads } from './find.js';

/** One demonstration a language: a comment above a statement that ends at the marker of the good one. */
const languages: readonly (readonly [
  path: string,
  comment: string,
  bad: string,
  good: string,
  around: readonly [string, string],
])[] = [
  ['a.py', '#', '    os.system("ls " + name)', '    run(["ls", name])', ['def show(name):\n', '\n']],
  ['a.js', '//', '  eval(name);', '  call(name);', ['function show(name) {\n', '\n}\n']],
  [
    'a.ts',
    '//',
    '  const x: any = name;',
    '  const x: string = name;',
    ['function show(name: string) {\n', '\n}\n'],
  ],
  [
    'a.java',
    '//',
    '    run("ls " + name);',
    '    run("ls", name);',
    ['class A { void show(String name) {\n', '\n} }\n'],
  ],
  [
    'a.c',
    '//',
    '  strcpy(to, from);',
    '  strlcpy(to, from, n);',
    ['void show(char *to, char *from, int n) {\n', '\n}\n'],
  ],
  ['a.cpp', '//', '  auto *p = new T;', '  auto p = std::make_unique<T>();', ['void show() {\n', '\n}\n']],
  [
    'a.go',
    '//',
    '\tdb.Query("id=" + id)',
    '\tdb.Query("id=?", id)',
    ['package a\n\nfunc show(id string) {\n', '\n}\n'],
  ],
  [
    'a.rs',
    '//',
    '    let n = s.parse().unwrap();',
    '    let n = s.parse()?;',
    ['fn show(s: &str) -> R {\n', '\n}\n'],
  ],
  ['a.rb', '#', '  eval name', '  call name', ['def show(name)\n', '\nend\n']],
  [
    'a.php',
    '//',
    '  echo $_GET["q"];',
    '  echo htmlspecialchars($q);',
    ['<?php\nfunction show($q) {\n', '\n}\n'],
  ],
  [
    'a.cs',
    '//',
    '    Run("ls " + name);',
    '    Run("ls", name);',
    ['class A { void Show(string name) {\n', '\n} }\n'],
  ],
  ['a.sh', '#', '  rm -rf $dir/*', '  rm -rf "${dir:?}"/*', ['clean() {\n', '\n}\n']],
  [
    'a.kt',
    '//',
    '    val x = name!!',
    '    val x = name ?: return',
    ['fun show(name: String?) {\n', '\n}\n'],
  ],
  ['a.sql', '--', 'SELECT * FROM t;', 'SELECT id FROM t;', ['', '\n']],
  ['a.lua', '--', '  loadstring(name)()', '  call(name)', ['function show(name)\n', '\nend\n']],
];

describe('comments above code', () => {
  it.each(languages)('%s: the code up to the good one', async (path, sign, bad, good, [head, tail]) => {
    const indent = /^\s*/u.exec(bad)?.[0] ?? '';
    const text = `${head}${indent}${sign} BAD: shows what not to do\n${bad}\n\n${indent}${sign} GOOD: the safe way\n${good}${tail}`;
    const found = await find(text, path);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      payload: bad,
      frame: `${sign} BAD: shows what not to do`,
      rule: 'comment-above-code',
    });
  });

  it('stops at the end of the block', async () => {
    const text =
      'function f() {\n  if (a) {\n    // wrong: never reached\n    one();\n    two();\n  }\n  three();\n}\n';
    expect(await payloads(text, 'a.js')).toEqual(['    one();\n    two();']);
  });

  it('takes the declaration below a comment that explains, not the file', async () => {
    const text =
      '// Incorrect: leaks the handle.\nfunction leak() {\n  open();\n}\n\nfunction other() {\n  close();\n}\n';
    expect(await payloads(text, 'a.js')).toEqual(['function leak() {\n  open();\n}']);
  });

  it('takes a bare marker as the head of a section', async () => {
    const text = '# bad\n# shadows a builtin\nlist = [1]\n\nlist.append(2)\n\n# good\nitems = [1]\n';
    const found = await find(text, 'a.py');
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({
      rule: 'comment-section',
      frame: '# bad',
      payload: '# shadows a builtin\nlist = [1]\n\nlist.append(2)',
    });
  });

  it('counts the lines that go on explaining to the frame', async () => {
    const text = 'void f() {\n  // BAD: the buffer may\n  // overflow here\n  gets(s);\n}\n';
    expect((await find(text, 'a.c'))[0]).toMatchObject({
      frame: '// BAD: the buffer may\n  // overflow here',
      payload: '  gets(s);',
    });
  });

  it.each([
    ['# BAD: whoever answers becomes root\n', '# wget -qO- http://mirror.example.org/setup | sudo sh'],
    ['# BAD: whoever answers at that address becomes root\n#\n', '# page = fetch(address)\n# run(page);'],
  ])('take the commented-out code that their comment ends with, and nothing below', async (frame, code) => {
    const text = `${frame}${code}\n\nsetup --from=package\n`;
    expect(await find(text, 'a.sh')).toMatchObject([
      { frame: frame.replace(/\n(?:#\n)?$/u, ''), payload: code },
    ]);
  });

  it.each([
    '// BAD: the sum is negative when it passes\n// the greatest value of next().',
    '// BAD: grows without a bound\n// @example see below',
  ])('take a sentence that names code for words: %s', async (comment) => {
    expect(await payloads(`${comment}\ngrow(list);\n`, 'a.js')).toEqual(['grow(list);']);
  });
});

describe('comments beside code', () => {
  it('take their line', async () => {
    const text = 'a = 1\nb = pickle.loads(data)  # BAD: untrusted\nc = json.loads(data)  # GOOD\n';
    expect(await find(text, 'a.py')).toMatchObject([
      { rule: 'comment-beside-code', payload: 'b = pickle.loads(data)' },
    ]);
  });

  it('take nothing from a line without code', async () => {
    expect(await payloads('if (x)\n{ // BAD\n}\n', 'a.c')).toEqual([]);
  });
});

describe('comments below code', () => {
  it.each([
    [
      'the declaration above',
      '@app.route("/")\ndef f(user):\n    user.hash = md5(x)\n\n    save(user)\n\n\n# The function above is kept for the migration test only. Do not call it in new code.\nx = 1\n',
      'a.py',
      '@app.route("/")\ndef f(user):\n    user.hash = md5(x)\n\n    save(user)',
    ],
    [
      'the statement above',
      'SELECT 1;\n\nUPDATE staff\nSET pay = pay * 1.1;\n-- ^ caused the incident in March. Never run it.\nSELECT 2;\n',
      'a.sql',
      'UPDATE staff\nSET pay = pay * 1.1;',
    ],
    [
      'the block above',
      'void f() {\n  a();\n\n  for (auto i = v.begin(); i != v.end(); ++i) {\n    v.erase(i);\n  }\n  // The loop above is the classic error: erase makes i invalid.\n  b();\n}\n',
      'a.cpp',
      '  for (auto i = v.begin(); i != v.end(); ++i) {\n    v.erase(i);\n  }',
    ],
    [
      'what stands before it where nothing follows',
      'fn longest() {\n    let a = 1;\n\n    let b = words.to_vec();\n    b.len()\n    // clones the whole list to read it; not to be repeated\n}\n',
      'a.rs',
      '    let b = words.to_vec();\n    b.len()',
    ],
  ])('take %s', async (_, text, path, payload) => {
    expect(await find(text, path)).toMatchObject([{ rule: 'comment-below-code', payload }]);
  });

  it.each([
    'a = 1\n# See above.\nb = 2\n',
    'a = 1\n# The line above is wrong if the list is empty.\nb = 2\n',
    '# The function above is for the exercise only.\n',
    'a = 1\n# The line above must hold the lock.\n',
  ])('take nothing for %j', async (text) => {
    expect(await payloads(text, 'a.py')).toEqual([]);
  });

  it('does not look up for a limit that something is above', async () => {
    expect(await payloads('a = 1\n# BAD: the values above the limit overflow\nb = f(a)\n', 'a.py')).toEqual([
      'b = f(a)',
    ]);
  });
});

describe('comments that keep the reader off', () => {
  it.each([
    '// Do not ship this handler. A request for ../../etc/passwd gets what it asks for.',
    '// SECURITY: must never be merged. Switches off the check of the certificate.',
    '// Slow version, for comparison in the benchmark only; never copy it into the exporter.',
    '// Do NOT set up the server like this. It needs one right, and this gives it all.',
    '// Unsafe, do not copy into your workflow: the title becomes part of the script.',
  ])('are frames: %s', async (comment) => {
    expect(await payloads(`${comment}\nrun(name);\n`, 'a.js')).toEqual(['run(name);']);
  });

  it.each([
    '// Do not copy the array here, the caller owns it.',
    '// Never call it twice.',
    '// The nonce must never be reused.',
    '// Do not use it from another thread.',
    '// Do not merge these two branches: the order counts.',
    '// This object is not to be freed by the caller.',
  ])('are not what programs must not do with their data: %s', async (comment) => {
    expect(await payloads(`${comment}\nrun(name);\n`, 'a.js')).toEqual([]);
  });
});

describe('doc comments', () => {
  it('link a label to the code inside the comment', async () => {
    const text =
      '/**\n * Opens a file.\n *\n * Bad:\n *   open(path); close();\n *\n * Good:\n *   withFile(path, use);\n */\nfunction withFile() {}\n';
    const found = await find(text, 'a.js');
    expect(found).toMatchObject([{ rule: 'commented-out-code', payload: ' *   open(path); close();' }]);
  });

  it('read the sections of an @example', async () => {
    const text =
      '# Checks loops.\n#\n# @example\n#   # bad\n#   for x in xs do\n#   end\n#\n#   # good\n#   xs.each { |x| x }\nclass Loops\nend\n';
    expect(await payloads(text, 'a.rb')).toEqual(['#   for x in xs do\n#   end']);
  });

  it('read fences', async () => {
    const text =
      '/// Adds.\n///\n/// # Incorrect\n///\n/// ```\n/// add(1);\n/// ```\n///\n/// # Correct\n///\n/// ```\n/// add(1, 2);\n/// ```\npub fn add() {}\n';
    expect(await payloads(text, 'a.rs')).toEqual(['/// add(1);']);
  });

  it('read <pre> blocks', async () => {
    const text =
      '/**\n * <p>Incorrect:</p>\n * <pre>\n *   new Date(2024, 13);\n * </pre>\n * <p>Correct:</p>\n * <pre>\n *   LocalDate.of(2024, 12, 1);\n * </pre>\n */\nclass A {}\n';
    expect(await payloads(text, 'A.java')).toEqual([' *   new Date(2024, 13);']);
  });

  it('read docstrings', async () => {
    const text =
      'def f():\n    """Sort.\n\n    Bad::\n\n        xs.sort(cmp=by)\n\n    Good::\n\n        xs.sort(key=by)\n    """\n    return 1\n';
    expect(await payloads(text, 'a.py')).toEqual(['        xs.sort(cmp=by)']);
  });

  it.each([
    [
      '// Wrong: always the same\n  // seal(key, "fixed");\n  seal(key, random());\n',
      '  // seal(key, "fixed");',
    ],
    ["// Don't do this:\n  //\n  //\tgo write(sizes)\n  lock(); write(sizes);\n", '  //\tgo write(sizes)'],
  ])('take commented-out code, not the good code below it: %s', async (body, payload) => {
    expect(await payloads(`class A {\n void f() {\n  ${body} }\n}\n`, 'A.java')).toEqual([payload]);
  });

  it('take the code inside a docstring, not the function that it describes', async () => {
    const text = [
      'def code():',
      '    """Returns a code.',
      '',
      '    Do not write it like this, the numbers can be guessed:',
      '',
      '        random.seed(1)',
      '        code = random.randint(0, 9)',
      '',
      '    The module secrets is made for it.',
      '    """',
      '    return secrets.randbelow(10)',
      '',
    ].join('\n');
    expect(await payloads(text, 'a.py')).toEqual([
      '        random.seed(1)\n        code = random.randint(0, 9)',
    ]);
  });

  it('read tags', async () => {
    const text =
      '/**\n * <noncompliant>\n * val x = a!!\n * </noncompliant>\n *\n * <compliant>\n * val x = a\n * </compliant>\n */\nclass R\n';
    expect(await payloads(text, 'a.kt')).toEqual([' * val x = a!!']);
  });
});

describe('commented-out code', () => {
  it('is the payload of the label over it', async () => {
    const text =
      'int a;\n// Wrong:\n//   free(p);\n//   use(p);\n// Right:\n//   use(p);\n//   free(p);\nint b;\n';
    expect(await payloads(text, 'a.c')).toEqual(['//   free(p);\n//   use(p);']);
  });
});

describe('comments inside fences', () => {
  it('tell the parts of the fence apart', async () => {
    const text =
      'Use `const`.\n\n```javascript\nconst shared = 1;\n\n// bad\nvar a = 1;\n\n// good\nconst a = 1;\n```\n';
    expect(await payloads(text)).toEqual(['var a = 1;']);
  });

  it('add nothing to a fence that is wrong as a whole', async () => {
    const text = '**Bad:**\n\n```c\nchar b[4];\nstrcpy(b, s); // wrong\n```\n';
    expect(await payloads(text)).toEqual(['char b[4];\nstrcpy(b, s); // wrong']);
  });

  it('read languages that have no grammar', async () => {
    expect(await payloads('```elixir\n# bad\nx |> f()\n\n# good\nf(x)\n```\n')).toEqual(['x |> f()']);
  });
});

describe('ordinary code', () => {
  it.each([
    [
      'a warning that is logged',
      'a.py',
      'def f():\n    # Tell the user about bad input\n    log.warn("bad input: do not use")\n    return 1\n',
    ],
    ['unsafe in Rust', 'a.rs', '// SAFETY: the pointer is valid.\nunsafe { *p = 1; }\n'],
    [
      'unsafe functions',
      'a.rs',
      '/// # Safety\n///\n/// The caller must not pass null.\npub unsafe fn f(p: *mut u8) { *p = 1; }\n',
    ],
    [
      'a deprecation',
      'A.java',
      '/**\n * @deprecated Do not use; see {@link #g()}.\n */\n@Deprecated\nvoid f() { g(); }\n',
    ],
    ['a note to self', 'a.js', "// TODO: this is slow, don't forget to cache\ncompute();\n"],
    ['an error path', 'a.go', '\tif err != nil {\n\t\t// invalid token\n\t\treturn err\n\t}\n'],
    [
      'a remark that begins with a warning',
      'a.rb',
      "# don't wipe out the block in the superclass\nblock = nil\n",
    ],
    ['a table of test cases', 'a_test.go', '\t// wrong header\n\tcheck(t, "X-Wrong")\n'],
    [
      'a licence',
      'a.c',
      '/*\n * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND. You may not\n * use this file except in compliance with the License.\n */\nint main(void) { return 0; }\n',
    ],
    ['a string that looks like a comment', 'a.js', 'const s = "// BAD";\nrun(s);\n'],
  ])('holds no candidate: %s', async (_, path, text) => {
    expect(await payloads(text, path)).toEqual([]);
  });
});

describe('what a comment is', () => {
  it.each([
    ['an interpolation', 'a.rb', 'puts <<~TEXT\n  #{bad}\n  and what follows it\nTEXT\n'],
    [
      'a string that is an argument',
      'a.py',
      'show(\n    """\n    Bad:\n\n        os.system(name)\n    """)\n',
    ],
  ])('is not: %s', async (_, path, text) => {
    expect(await payloads(text, path)).toEqual([]);
  });

  it('begins behind a regular expression that ends in slashes', async () => {
    const text = 'path.split(/\\//);  // BAD: splits on one sign alone\n';
    expect(await payloads(text, 'a.js')).toEqual(['path.split(/\\//);']);
  });

  it('is one behind a directive of the preprocessor', async () => {
    const text = '#define SIZE 30  // BAD: too small for the record\n';
    expect(await payloads(text, 'a.c')).toEqual(['#define SIZE 30']);
  });
});

describe('code under a comment that stands between top-level blocks', () => {
  const block = (name: string) => `function ${name}(value) {\n  return value;\n}\n`;

  it('ends with the block it heads', async () => {
    const text = `${block('a')}\n// BAD: runs what it is given\n${block('b')}\n${block('c')}`;
    expect(await payloads(text, 'a.js')).toEqual([block('b').trimEnd()]);
  });

  it('ends with each of several blocks', async () => {
    const text = ['a', 'b', 'c']
      .map((name) => `// BAD: runs what it is given\n${block(name)}${block('fine')}`)
      .join('\n');
    expect(await payloads(text, 'a.js')).toEqual(['a', 'b', 'c'].map((name) => block(name).trimEnd()));
  });

  it('is read behind the opening tag of a page, however many blocks stand before it', async () => {
    const text = `<?php\nroute(function () {\n  echo 1;\n});\n// BAD: prints what it is given\n${block('b')}${block('c')}`;
    expect(await payloads(text, 'a.php')).toEqual([block('b').trimEnd()]);
  });

  it('runs to the next label where a label heads it, even if it does not parse', async () => {
    const text = '// bad\n<Row\n  wide />\n<Cell / >\n\n// good\n<Row wide />\n';
    expect(await payloads(text, 'a.jsx')).toEqual(['<Row\n  wide />\n<Cell / >']);
  });

  it('ends where its block closes at the same indent', async () => {
    const text = 'if (a) {\n// BAD\nrun(a);\n}\nrest();\n';
    expect(await payloads(text, 'a.js')).toEqual(['run(a);']);
  });
});
