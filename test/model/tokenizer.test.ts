import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tokenizer, tokenRange, type Encoding, withoutStart } from '../../src/model/tokenizer.js';
import { preTokenEnd } from '../../src/model/tokenizerPreTokens.js';
import { smolTokenizer, tokenizerFiles } from './tokenizerFixture.js';

const tokenizer = smolTokenizer();

/** Characters that sit on borders: classes, contractions, widths in UTF-8 and UTF-16, marks, special tokens, lone halves. */
const tricky = fc.constantFrom(
  ...[
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '\u0000',
    '\u0085',
    '\u00a0',
    '\ufeff',
    '\u200d',
    '\u3000',
    "'",
    "'s",
    "'ll",
    "'T",
  ],
  ...[
    'a',
    'the',
    ' the',
    'ing',
    'é',
    'e\u0301',
    'ß',
    'я',
    '好',
    'ก',
    'ษ\u0e33',
    'क्ष',
    '한',
    'ﷺ',
    '1',
    '42',
    '٣',
    '½',
    'Ⅳ',
    '𝟘',
  ],
  ...[
    '!',
    '==',
    '/*',
    '😀',
    '👍🏽',
    '👩‍👩‍👧',
    '🇳🇴',
    '\u{e0067}',
    '<|im_start|>',
    '<|im_end|>',
    '<|im_',
    '|>',
    '<repo_name>',
  ],
);
const anyCharacter = fc.string({ unit: 'binary', minLength: 0, maxLength: 4 });
const wellFormed = fc.array(fc.oneof(tricky, anyCharacter), { maxLength: 40 }).map((parts) => parts.join(''));
const loneHalf = fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit));
const anyText = fc
  .array(fc.oneof(tricky, anyCharacter, loneHalf), { maxLength: 40 })
  .map((parts) => parts.join(''));

/** Characters whose bytes SmolLM2's vocabulary lacks. */
const inexpressible = /[\u0004\u0006\u0013\u0014\u0016\u001d\u{40000}-\u{bffff}]/gu;
const lone = /\p{Surrogate}/gu;

function expressible(text: string): string {
  let left = text;
  // Again and again: what stood apart may become a pair of surrogates once the character between is gone.
  while (left.search(inexpressible) !== -1) left = left.replace(inexpressible, '');
  return left;
}

function spans({ starts, ends }: Encoding): [number, number][] {
  return Array.from(starts, (start, i) => [start, ends[i]!]);
}

describe('token spans', () => {
  it('never decrease and cover the text without a gap', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const encoding = tokenizer.encode(text);
        if (encoding.ids.length === 0) {
          expect(text.replace(inexpressible, '')).toBe('');
          return;
        }
        let covered = 0;
        let lastStart = 0;
        for (const [start, end] of spans(encoding)) {
          expect(end).toBeGreaterThan(start);
          expect(start).toBeGreaterThanOrEqual(lastStart);
          expect(start).toBeLessThanOrEqual(covered);
          expect(end).toBeGreaterThanOrEqual(covered);
          [lastStart, covered] = [start, end];
        }
        expect(covered).toBe(text.length);
      }),
    );
  });

  it('hold the very text of their tokens, or a whole character of which the token is a part', () => {
    fc.assert(
      fc.property(anyText, (anything) => {
        const text = expressible(anything);
        const encoding = tokenizer.encode(text);
        spans(encoding).forEach(([start, end], i) => {
          const token = tokenizer.tokenText(encoding.ids[i]!);
          const slice = text.slice(start, end).replace(lone, '\ufffd');
          if (token.includes('\ufffd')) {
            expect(slice.length).toBeGreaterThan(0);
            expect(slice.replace(/[^\u0000-\u007f]/gu, '')).toBe(token.replace(/[^\u0000-\u007f]/gu, ''));
          } else {
            expect(slice).toBe(token);
          }
        });
      }),
    );
  });

  it('never cut a surrogate pair in two', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const [start, end] of spans(tokenizer.encode(text))) {
          for (const border of [start, end]) {
            const inside =
              /[\ud800-\udbff]$/.test(text.slice(0, border)) && /^[\udc00-\udfff]/.test(text.slice(border));
            expect(inside).toBe(false);
          }
        }
      }),
    );
  });

  it('give each token of a split character the whole character', () => {
    const encoding = tokenizer.encode('a🤗b');
    expect(spans(encoding)).toEqual([
      [0, 1],
      [1, 3],
      [1, 3],
      [1, 3],
      [3, 4],
    ]);
  });

  it('keep their places where a surrogate is alone', () => {
    const encoding = tokenizer.encode('ok \ud83d then');
    const range = tokenRange(encoding, { start: 5, end: 9 });
    expect(tokenizer.decode(encoding.ids.subarray(range.start, range.end))).toBe(' then');
    expect([...encoding.ids]).toEqual([...tokenizer.encode('ok \ufffd then').ids]);
  });

  it('count a character without a token to the token before it, or to the first one', () => {
    expect(spans(tokenizer.encode('\u0004a\u0006\u0013b\u0016'))).toEqual([
      [0, 4],
      [4, 6],
    ]);
    expect(spans(tokenizer.encode('<|im_end|>\u0004x'))).toEqual([
      [0, 11],
      [11, 12],
    ]);
    expect(tokenizer.encode('\u0004\u0006').ids).toHaveLength(0);
  });
});

describe('decoding', () => {
  it('gives the text back', () => {
    fc.assert(
      fc.property(wellFormed, (anything) => {
        const text = expressible(anything);
        expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text);
      }),
    );
  });

  it('gives U+FFFD for a lone surrogate', () => {
    fc.assert(
      fc.property(anyText, (anything) => {
        const text = expressible(anything);
        expect(tokenizer.decode(tokenizer.encode(text).ids)).toBe(text.replace(lone, '\ufffd'));
      }),
    );
  });

  it('keeps a byte order mark and spaces before punctuation', () => {
    expect(tokenizer.decode(tokenizer.encode('\ufeffa , b .').ids)).toBe('\ufeffa , b .');
  });

  it('refuses an id outside the vocabulary', () => {
    expect(tokenizer.vocabularySize).toBe(49_152);
    expect(() => tokenizer.decode([49_152])).toThrow(RangeError);
    expect(() => tokenizer.tokenText(-1)).toThrow('token id -1 is not in 0 … 49151');
  });
});

describe('pre-tokens', () => {
  // The reference's two pre-tokenizers, one after the other.
  const byNumber = /\p{N}|\P{N}+/gu;
  const byPattern =
    /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

  /** A letter to this Node, but not to the reference: a case of the golden texts. */
  const isLaterLetter = (character: string) =>
    /\p{L}/u.test(character) && preTokenEnd(`a${character}`, 0, 1 + character.length) === 1;

  it('are those of the individual digits and of the GPT-2 pattern in turn', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        fc.pre(!Array.from(text).some(isLaterLetter));
        const scanned: string[] = [];
        for (let at = 0; at < text.length;) {
          const end = preTokenEnd(text, at, text.length);
          scanned.push(text.slice(at, end));
          at = end;
        }
        expect(scanned).toEqual(
          (text.match(byNumber) ?? []).flatMap((piece) => piece.match(byPattern) ?? []),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('special tokens', () => {
  it('are taken where the text spells them out, and split what is beside them', () => {
    const { ids } = tokenizer.encode('a <|im_end|> b');
    expect(ids[2]).toBe(2);
    expect(Array.from(ids, (id) => tokenizer.tokenText(id))).toEqual(['a', ' ', '<|im_end|>', ' b']);
  });

  it('are not added to a text', () => {
    expect(tokenizer.encode('')).toEqual({
      ids: new Int32Array(),
      starts: new Int32Array(),
      ends: new Int32Array(),
    });
    expect(tokenizer.decode(tokenizer.encode('x').ids)).toBe('x');
  });
});

describe('one special token that begins like another', () => {
  it('gives way to the longer one', () => {
    const { json, config } = tokenizerFiles();
    const added = ['<x', '<x>'].map((content, i) => ({ id: 3 + i, content, special: true }));
    const model = { ...json.model, vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] };
    const small = Tokenizer.fromJson({ ...json, added_tokens: added, model }, config);
    expect([...small.encode('a<x>b<xa').ids]).toEqual([0, 4, 1, 3, 0]);
  });
});

describe('memory of earlier texts', () => {
  it('does not change what a text encodes to', () => {
    const fresh = smolTokenizer();
    fc.assert(
      fc.property(anyText, (text) => {
        const first = fresh.encode(text);
        expect(fresh.encode(text)).toEqual(first);
        expect(tokenizer.encode(text)).toEqual(first);
      }),
    );
  });

  it('starts afresh when full', () => {
    const inLetters = (i: number) =>
      Array.from(i.toString(8))
        .map((digit) => 'qrstuvwx'[Number(digit)])
        .join('');
    const text = Array.from({ length: 60_000 }, (_, i) => inLetters(i)).join(' ');
    const first = tokenizer.encode(text);
    const second = tokenizer.encode(text);
    expect(second.ids.join()).toBe(first.ids.join());
    expect(second.starts.join()).toBe(first.starts.join());
    expect(tokenizer.decode(first.ids)).toBe(text);
  });
});

describe('a megabyte without white space', () => {
  const letters = 'etaoinshrdlucmfwypvbgkjqxz';
  const scattered = (i: number) => Math.imul(i, 2_654_435_761) >>> 7;
  const texts = {
    'different letters': Array.from({ length: 1_000_000 }, (_, i) => letters[scattered(i) % 26]).join(''),
    'one letter': 'a'.repeat(1_000_000),
    'one sign': '='.repeat(1_000_000),
    'Chinese characters': Array.from({ length: 333_333 }, (_, i) =>
      String.fromCodePoint(0x4e00 + (scattered(i) % 20_000)),
    ).join(''),
  };
  it.each(Object.entries(texts))('of %s is encoded', (_, text) => {
    const { ids, starts, ends } = tokenizer.encode(text);
    expect(tokenizer.decode(ids)).toBe(text);
    expect([starts[0], ends[ids.length - 1]]).toEqual([0, text.length]);
  });
});

describe('tokenRange', () => {
  it('takes the tokens that overlap the span, those on its borders too', () => {
    const text = 'eval( userInput )';
    const encoding = tokenizer.encode(text);
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const range = tokenRange(encoding, { start, end });
        const inside = spans(encoding).map(([from, to]) => from < end && to > start && end > start);
        expect(inside.map((_, i) => i >= range.start && i < range.end)).toEqual(inside);
      }),
    );
  });

  it('takes every token of a split character', () => {
    expect(tokenRange(tokenizer.encode('a🤗b'), { start: 2, end: 3 })).toEqual({ start: 1, end: 4 });
  });

  it('is empty for an empty span and beyond the text', () => {
    const encoding = tokenizer.encode('one two');
    expect(tokenRange(encoding, { start: 3, end: 3 })).toEqual({ start: 1, end: 1 });
    expect(tokenRange(encoding, { start: 7, end: 9 })).toEqual({ start: 2, end: 2 });
  });
});

describe('a tokenizer.json of another kind is refused', () => {
  const { json, config } = tokenizerFiles();
  const small = {
    ...json,
    added_tokens: [],
    model: { ...json.model, vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] },
  };
  const refusals: [string, unknown, unknown, RegExp][] = [
    [
      'another normalizer',
      { ...small, normalizer: { type: 'NFKC' } },
      config,
      /tokenizer\.json.*normalizer: only the normalizers NFC and Replace/,
    ],
    [
      'another pre-tokenizer',
      { ...small, pre_tokenizer: { type: 'Metaspace' } },
      config,
      /pre_tokenizer: only byte-level BPE as in SmolLM2, Llama 3 or Qwen/,
    ],
    ['no pre-tokenizer', { ...small, pre_tokenizer: null }, config, /pre_tokenizer: only byte-level BPE/],
    [
      'grouped digits',
      {
        ...small,
        pre_tokenizer: {
          type: 'Sequence',
          pretokenizers: [
            { type: 'Digits', individual_digits: false },
            { type: 'ByteLevel', add_prefix_space: false },
          ],
        },
      },
      config,
      /pre_tokenizer: only byte-level BPE/,
    ],
    [
      'a post-processor',
      { ...small, post_processor: { type: 'TemplateProcessing' } },
      config,
      /post-processor/,
    ],
    [
      'a token after each text',
      {
        ...small,
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ Sequence: { id: 'A' } }, { SpecialToken: { id: 'a' } }],
          special_tokens: { a: { ids: [0] } },
        },
      },
      config,
      /post_processor: tokens after a text are not supported/,
    ],
    [
      'an unknown token beside bytes',
      { ...small, model: { ...small.model, unk_token: 'a' } },
      config,
      /unk_token: byte-level BPE has none/,
    ],
    [
      'characters without the last resort of bytes',
      {
        ...small,
        normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        pre_tokenizer: null,
        model: { ...small.model, byte_fallback: true },
      },
      config,
      /has no token <0x00>/,
    ],
    ['another model', { ...small, model: { ...small.model, type: 'Unigram' } }, config, /model\.type/],
    ['byte fallback', { ...small, model: { ...small.model, byte_fallback: true } }, config, /byte_fallback/],
    [
      'a special token that eats spaces',
      { ...small, added_tokens: [{ id: 3, content: '<x>', special: true, lstrip: true }] },
      config,
      /added_tokens\.0\.lstrip/,
    ],
    [
      'a merge of unknown tokens',
      { ...small, model: { ...small.model, merges: [['b', 'a']] } },
      config,
      /"ba" is merged but not in the vocabulary/,
    ],
    [
      'a merge of one token',
      { ...small, model: { ...small.model, merges: ['ab'] } },
      config,
      /model\.merges: expected a list of pairs/,
    ],
    [
      'an id that is no number',
      { ...small, model: { ...small.model, vocab: { a: 'x' } } },
      config,
      /model\.vocab: expected an object of token ids/,
    ],
    [
      'ids with holes',
      { ...small, model: { ...small.model, vocab: { a: 0, b: 1, ab: 3 } } },
      config,
      /ids must be 0 … 2/,
    ],
    [
      'a token outside the alphabet',
      { ...small, model: { ...small.model, vocab: { a: 0, b: 1, ab: 2, 好: 3 } } },
      config,
      /byte-level alphabet/,
    ],
    [
      'tokens added to each text',
      small,
      { ...config, add_bos_token: true },
      /tokenizer_config\.json.*add_bos_token/,
    ],
    [
      'a token that the configuration adds after each text',
      small,
      { ...config, add_eos_token: true },
      /tokenizer_config\.json.*add_eos_token/,
    ],
    ['something else', 'text', config, /tokenizer\.json can't be used: content/],
  ];

  it.each(refusals)('%s', (_, file, companion, message) => {
    expect(() => Tokenizer.fromJson(file, companion)).toThrow(message);
  });

  it('while a small one of the same kind is taken', () => {
    const taken = Tokenizer.fromJson(small, config);
    expect([...taken.encode('abba').ids]).toEqual([2, 1, 0]);
    const older = Tokenizer.fromJson({ ...small, model: { ...small.model, merges: ['a b'] } }, config);
    expect([...older.encode('abba').ids]).toEqual([2, 1, 0]);
  });
});

describe('tokens that stand before every text', () => {
  const { json, config } = tokenizerFiles();
  const begin = '<|begin|>';
  const tokenizer = Tokenizer.fromJson(
    {
      ...json,
      added_tokens: [{ id: 3, content: begin, special: true }],
      post_processor: {
        type: 'Sequence',
        processors: [
          { type: 'ByteLevel' },
          {
            type: 'TemplateProcessing',
            single: [{ SpecialToken: { id: begin } }, { Sequence: { id: 'A' } }],
            special_tokens: { [begin]: { ids: [3] } },
          },
        ],
      },
      model: { ...json.model, vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] },
    },
    { ...config, add_bos_token: true },
  );

  it('are given to the model, and to nobody else', () => {
    expect([...tokenizer.encode('abba').ids]).toEqual([2, 1, 0]);
    expect([...tokenizer.encodeForModel('abba').ids]).toEqual([3, 2, 1, 0]);
    expect([...tokenizer.encodeForModel('').ids]).toEqual([3]);
  });

  it('are in no span: neither in one from the start of the text nor in an empty one', () => {
    const encoding = tokenizer.encodeForModel('abba');
    expect(spans(encoding)).toEqual([
      [0, 0],
      [0, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(tokenRange(encoding, { start: 0, end: 3 })).toEqual({ start: 1, end: 3 });
    expect(tokenRange(encoding, { start: 0, end: 0 })).toEqual({ start: 1, end: 1 });
  });

  it('stand once where two texts are put together', () => {
    const { ids, starts } = withoutStart(tokenizer.encodeForModel('abba'));
    expect([...ids]).toEqual([2, 1, 0]);
    expect([...starts]).toEqual([0, 2, 3]);
    const none = smolTokenizer().encodeForModel('abba');
    expect(withoutStart(none)).toEqual(none);
  });

  it('but one that the text spells out is the text’s own', () => {
    expect([...withoutStart(tokenizer.encodeForModel(`${begin}a`)).ids]).toEqual([3, 0]);
  });
});
