import { describe, expect, it } from 'vitest';
import { bareVersion, frameOnlyText } from '../../../src/analysis/measure/versions.js';

function sample(text: string, frame: string, payload: string) {
  const span = (part: string) => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
  return { text, frame: span(frame), payload: span(payload), language: 'python' };
}
const bareText = (text: string, frame: string, payload: string) =>
  bareVersion(sample(text, frame, payload))?.text;

describe('the bare version', () => {
  it('loses the whole comment line that holds the frame', () => {
    expect(bareText('x = 1\n  # BAD: do not\n  eval(s)\n', 'BAD: do not', 'eval(s)')).toBe(
      'x = 1\n  eval(s)\n',
    );
  });

  it('loses the frame alone where it shares its line with the payload', () => {
    expect(bareText('eval(s)  # BAD\n', '# BAD', 'eval(s)')).toBe('eval(s)  \n');
  });

  it('keeps other words of the frame’s line', () => {
    expect(bareText('Intro. Never do this: here\n\n    eval(s)\n', 'Never do this:', 'eval(s)')).toBe(
      'Intro.  here\n\n    eval(s)\n',
    );
  });

  it('moves the payload’s span with the text, whether the frame stands before or after it', () => {
    for (const text of ['# BAD\neval(s)\nrest\n', 'eval(s)\n# BAD\nrest\n']) {
      const bare = bareVersion(sample(text, '# BAD', 'eval(s)'))!;
      expect(bare.text.slice(bare.payload.start, bare.payload.end)).toBe('eval(s)');
    }
  });

  it('does not exist without a frame', () => {
    expect(bareVersion({ text: 'eval(s)', language: '' })).toBeUndefined();
  });
});

describe('the frame-only version', () => {
  it('is the text without the payload', () => {
    expect(frameOnlyText(sample('# BAD\neval(s)\n', '# BAD', 'eval(s)'))).toBe('# BAD\n\n');
  });

  it('does not exist where nothing would be left', () => {
    expect(
      frameOnlyText({
        text: 'eval(s)',
        frame: { start: 0, end: 0 },
        payload: { start: 0, end: 7 },
        language: '',
      }),
    ).toBeUndefined();
  });
});
