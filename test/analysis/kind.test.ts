import { describe, expect, it } from 'vitest';
import { kindProbabilities, warnedAgainst } from '../../src/analysis/kind/classify.js';
import { kindNames } from '../../src/analysis/kind/kindNames.js';
import type { Span } from '../../src/analysis/span.js';

/** Frame, then payload on the next line; what stands before them is context. */
function about(frame: string, payload: string, before = '') {
  const text = `${before}${frame}\n${payload}\n`;
  const end = before.length + frame.length;
  return warnedAgainst(
    text,
    { start: before.length, end },
    { start: end + 1, end: end + 1 + payload.length },
  );
}

describe('what a frame warns against', () => {
  it.each([
    [
      'security',
      'Bad: an attacker can log in as anybody.',
      'if (req.body.pin == req.body.pin) login(req.body.user);',
    ],
    ['security', '// BAD', 'db.query("SELECT * FROM guests WHERE room = \'" + req.query.room + "\'");'],
    ['security', '# insecure', 'requests.post(address, json=card, verify=False)'],
    ['correctness', '// BUG: crashes when the list is empty', 'return rooms[0].name;'],
    [
      'correctness',
      '# Wrong: the error is swallowed and nobody notices the failure',
      'try:\n    save()\nexcept:\n    pass',
    ],
    [
      'performance',
      '# Slow: one query for every guest',
      'for guest in guests:\n    rooms.append(db.get(guest.room))',
    ],
    [
      'performance',
      '// Inefficient, copies the whole table at each call',
      'int total(std::vector<Row> rows);',
    ],
    ['style', '// bad - names should be in camelCase and readable', 'const Guest_list_x = 1;'],
    ['style', '// bad: inconsistent indentation and quotes', 'let a = \'x\';\n  let b = "y";'],
    [
      'unsafe-instruction',
      'Never tell a patient this, it is dangerous:',
      'Take a double dose of the tablets if you still have a fever.',
    ],
    ['unsafe-instruction', 'Harmful advice:', 'Burn the rubbish in the kitchen stove with a little petrol.'],
    [
      'other',
      'Bad tone, do not write to customers like this:',
      'Read the manual before you bother us again.',
    ],
    [
      'other',
      'Not allowed: the licence header is missing, and the legal department asks for it',
      'export const answer = 42;',
    ],
  ] as const)('%s: %s', (name, frame, payload) => {
    expect(about(frame, payload).kind.name).toBe(name);
  });

  it('takes the reason from the heading and the prose around a terse frame', () => {
    const payload = 'show(comment.text)';
    const risky = about(
      'Bad:',
      payload,
      '## Cross-site scripting\n\nAn attacker writes a script into the comment.\n\n',
    );
    expect(risky.kind.name).toBe('security');
    const ugly = about(
      'Bad:',
      payload,
      '## Naming conventions\n\nNames should be readable and consistent.\n\n',
    );
    expect(ugly.kind.name).toBe('style');
  });

  it('gives probabilities that add up to one, also without a frame', () => {
    const payload = 'os.system("rm " + request.args["name"])';
    const probabilities = kindProbabilities(payload, null, { start: 0, end: payload.length });
    expect(probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
    expect(probabilities[kindNames.indexOf('security')]).toBe(Math.max(...probabilities));
  });

  it('does not look beyond its bounds: a megabyte around the sample changes nothing', () => {
    const [frame, payload] = ['// BAD: slow', 'while (x) y += z;'];
    const near = `${'near '.repeat(1000)}\n`;
    const text = `${near}${frame}\n${payload}\n${near}`;
    const inside = (start: number): [Span, Span] => [
      { start, end: start + frame.length },
      { start: start + frame.length + 1, end: start + frame.length + 1 + payload.length },
    ];
    const far = 'far\n'.repeat(250_000);
    expect(kindProbabilities(far + text + far, ...inside(far.length + near.length))).toEqual(
      kindProbabilities(text, ...inside(near.length)),
    );
  });

  it.each([
    ['nothing', ''],
    ['one sign', '\u0000'],
    ['half a surrogate pair', '\ud800'],
    ['a megabyte of one letter', 'a'.repeat(1_000_000)],
    ['a megabyte of line breaks', '\n'.repeat(1_000_000)],
    ['a megabyte of comment signs', '#'.repeat(1_000_000)],
    ['a megabyte of brackets', '('.repeat(1_000_000)],
    ['what patterns could backtrack on', 'for while each where select '.repeat(40_000)],
  ])('stays bounded on %s', (_, text) => {
    const whole = { start: 0, end: text.length };
    const middle = Math.floor(text.length / 2);
    const started = performance.now();
    expect(kindNames).toContain(warnedAgainst(text, null, whole).kind.name);
    const halves = [
      { start: 0, end: middle },
      { start: middle, end: text.length },
    ] as const;
    expect(kindNames).toContain(warnedAgainst(text, ...halves).kind.name);
    // No measure of speed: what grew with the megabyte, or worse, would take minutes.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('the weakness number', () => {
  const sql = "db.query('SELECT * FROM t WHERE a=' + req.query.a)";

  it.each([
    ['BAD (CWE-89): the value is glued in', 'CWE-89', 'the frame names CWE-89'],
    ['Bad, see https://cwe.mitre.org/data/definitions/89.html', 'CWE-89', 'the frame names CWE-89'],
    ['Bad: open to SQL injection', 'CWE-89', 'the frame says "SQL injection"'],
    ['Vulnerable to cross-site scripting', 'CWE-79', 'the frame says "cross-site scripting"'],
    ['Insecure: path traversal reaches any file', 'CWE-22', 'the frame says "path traversal"'],
    ['Insecure deserialization', 'CWE-502', 'the frame says "Insecure deserialization"'],
    ['Never: hard-coded password', 'CWE-798', 'the frame says "hard-coded password"'],
  ])('%s', (frame, id, reason) => {
    expect(about(frame, sql).cwe).toEqual({ id, reason });
  });

  it('comes from the text beside the frame where the frame names none', () => {
    expect(about('BAD', sql, '# NoSQL injection\n\n').cwe).toEqual({
      id: 'CWE-943',
      reason: 'the text beside it says "NoSQL injection"',
    });
  });

  it('is not taken from a paragraph that belongs to something else', () => {
    expect(about('BAD', sql, 'CWE-79 was shown above.\n\nNow another one.\n\n').cwe).toBeUndefined();
  });

  it('is not guessed: neither from code, nor where several are named, nor from a word that covers many', () => {
    expect(about('BAD', sql).cwe).toBeUndefined();
    expect(about('BAD: CWE-79 and CWE-89', sql).cwe).toBeUndefined();
    expect(about('BAD: SQL injection and cross-site scripting', sql).cwe).toBeUndefined();
    expect(about('BAD: injection, an attacker reads the table', sql).cwe).toBeUndefined();
  });

  it('named in words, belongs to matters of security only', () => {
    const frame =
      '// bad - indentation, naming and spacing differ from the convention; the SQL injection check is elsewhere';
    expect(about(frame, 'let  My_name=1').kind.name).toBe('style');
    expect(about(frame, 'let  My_name=1').cwe).toBeUndefined();
  });
});
