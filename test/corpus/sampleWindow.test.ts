import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleOf } from '../../src/analysis/sampleWindow.js';

function cut(text: string, frame: string, payload: string) {
  const at = (part: string) => ({ start: text.indexOf(part), end: text.indexOf(part) + part.length });
  const { sample, start } = sampleOf({ text }, { frame: at(frame), payload: at(payload), language: 'js' });
  const shown = (span: { start: number; end: number } | undefined): string =>
    sample.text.slice(span?.start, span?.end);
  return { sample, start, frame: shown(sample.frame), payload: shown(sample.payload) };
}

describe('sampleOf', () => {
  it('keeps a short document whole up to the end of the payload’s line', () => {
    const text = 'Intro\nBAD:\neval(x) // here\nmore\n';
    const window = cut(text, 'BAD:', 'eval(x)');
    expect(window).toMatchObject({ start: 0, frame: 'BAD:', payload: 'eval(x)' });
    expect(window.sample.text).toContain('Intro\nBAD:\neval(x) // here');
    expect(window.sample.language).toBe('js');
  });

  it('takes whole lines of context before the first span', () => {
    const text = `${'a line of context\n'.repeat(100)}BAD:\neval(x)\n`;
    const window = cut(text, 'BAD:', 'eval(x)');
    expect(window.sample.text.startsWith('a line of context\n')).toBe(true);
    expect(text.indexOf('BAD:') - window.start).toBeLessThanOrEqual(300);
    expect(text.indexOf('BAD:') - window.start).toBeGreaterThan(300 - 'a line of context\n'.length);
  });

  it('holds a frame that comes after its payload', () => {
    const text = `${'filler\n'.repeat(200)}eval(x)\n^ never do this\n`;
    expect(cut(text, '^ never do this', 'eval(x)')).toMatchObject({
      frame: '^ never do this',
      payload: 'eval(x)',
    });
  });

  it('holds a frame at the very end', () => {
    expect(cut('eval(x) // BAD', '// BAD', 'eval(x)')).toMatchObject({ frame: '// BAD', payload: 'eval(x)' });
  });

  it('keeps a long payload whole', () => {
    const payload = 'x = 1;\n'.repeat(5000);
    expect(cut(`BAD:\n${payload}end`, 'BAD:', payload).payload).toBe(payload);
  });

  it('rebases spans, and cuts neither a surrogate pair nor CRLF', () => {
    const filler = fc
      .array(fc.constantFrom('🐍', 'a', '\r\n', 'ü', '\n', '👩‍💻'), { maxLength: 1200 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(filler, filler, filler, (before, between, after) => {
        const text = `${before}BAD${between}eval(x)${after}`;
        const frame = { start: before.length, end: before.length + 3 };
        const payload = { start: frame.end + between.length, end: frame.end + between.length + 7 };
        const { sample, start } = sampleOf({ text }, { frame, payload, language: '' });
        expect(text.slice(start, start + sample.text.length)).toBe(sample.text);
        expect(sample.text.slice(sample.frame?.start, sample.frame?.end)).toBe('BAD');
        expect(sample.text.slice(sample.payload?.start, sample.payload?.end)).toBe('eval(x)');
        expect(sample.text).not.toMatch(/\p{Surrogate}/u);
        expect(sample.text.startsWith('\n') && text[start - 1] === '\r').toBe(false);
        expect(sample.text.endsWith('\r') && text[start + sample.text.length] === '\n').toBe(false);
        expect(frame.start - start).toBeLessThanOrEqual(300);
      }),
    );
  });
});
