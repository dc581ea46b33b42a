import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnsOf,
  fitColumns,
  terminalJson,
  terminalLine,
  terminalText,
  wrapColumns,
} from '../../src/report/terminalText.js';

/** What a terminal obeys or hides. */

const dangerous =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

describe('terminalText', () => {
  it('spells out what a terminal would obey', () => {
    expect(terminalText('a\u001b[31mb')).toBe('a\\x1b[31mb');
    expect(terminalText('\u202eevil')).toBe('\\u{202e}evil');
    expect(terminalText('\u{e0041}')).toBe('\\u{e0041}');
    expect(terminalText('\ud800')).toBe('\\u{d800}');
    expect(terminalLine('a\tb\r\nc')).toBe('a  b\\x0d\\nc');
  });

  it('leaves every script and emoji alone', () => {
    for (const text of ['größer', 'Привет', '日本語', 'नमस्ते', '👩‍💻', 'e\u0301', 'می‌خواهم'])
      expect(terminalText(text)).toBe(text);
  });

  it('lets nothing dangerous through', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !dangerous.test(terminalText(text))));
  });
});

describe('terminalJson', () => {
  it('changes nothing of the value, and lets nothing dangerous through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = terminalJson({ text });
        expect(JSON.parse(json)).toEqual({ text });
        expect(json).not.toMatch(dangerous);
      }),
    );
  });
});

describe('columns', () => {
  it('counts two for wide characters and none for marks', () => {
    expect([columnsOf('abc'), columnsOf('日本'), columnsOf('e\u0301'), columnsOf('👍')]).toEqual([
      3, 4, 1, 2,
    ]);
  });

  it('cuts to the room there is, never within a character', () => {
    expect(fitColumns('abcdef', 6)).toBe('abcdef');
    expect(fitColumns('abcdefg', 6)).toBe('abcde…');
    expect(fitColumns('日本語', 5)).toBe('日本…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
        const fitted = fitColumns(text, columns);
        return (
          columnsOf(fitted) <= columns &&
          !/\p{Surrogate}/u.test(fitted) &&
          (fitted === text || fitted.endsWith('…'))
        );
      }),
    );
  });

  it('breaks lines at spaces', () => {
    expect(wrapColumns('aa bb cc', 5)).toEqual(['aa bb', 'cc']);
    expect(wrapColumns('aaaaaaaa b', 5)).toEqual(['aaaa…', 'b']);
  });
});
