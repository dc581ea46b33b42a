import { z } from 'zod';

const none = z.union([z.null(), z.literal('')]).optional();
const no = z.literal(false).nullish();

const digits = z.object({ type: z.literal('Digits'), individual_digits: z.literal(true) });
const byteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.literal(false),
  use_regex: z.literal(true).optional(),
});

type Pair = readonly [string, string];

// These two hold some 49,000 entries each: walked by hand, because by schema they would make half of the loading time.
function isVocabulary(value: unknown): boolean {
  const isId = (id: unknown) => Number.isSafeInteger(id) && (id as number) >= 0;
  return typeof value === 'object' && value !== null && Object.values(value).every(isId);
}

function isListOfPairs(value: unknown): boolean {
  const isPair = (entry: unknown) =>
    Array.isArray(entry) &&
    entry.length === 2 &&
    typeof entry[0] === 'string' &&
    typeof entry[1] === 'string';
  return Array.isArray(value) && value.every(isPair);
}

/** The part of Hugging Face's `tokenizer.json` that is understood. Whatever else would change ids is refused, not ignored. */
const tokenizerSchema = z.object({
  normalizer: z.null('a normalizer is not supported: offsets would not lead back to the text'),
  pre_tokenizer: z.object(
    { type: z.literal('Sequence'), pretokenizers: z.tuple([digits, byteLevel]) },
    'only the pre-tokenizer Sequence[Digits(individual), ByteLevel] is supported',
  ),
  post_processor: z.null('a post-processor is not supported: no token is added to a text'),
  decoder: z.object({ type: z.literal('ByteLevel') }),
  truncation: z.null().optional(),
  padding: z.null().optional(),
  added_tokens: z.array(
    z.object({
      id: z.int().nonnegative(),
      content: z.string().min(1),
      single_word: no,
      lstrip: no,
      rstrip: no,
      normalized: no,
      special: z.boolean(),
    }),
  ),
  model: z.object({
    type: z.literal('BPE'),
    dropout: z.null().optional(),
    unk_token: z.null().optional(),
    continuing_subword_prefix: none,
    end_of_word_suffix: none,
    byte_fallback: no,
    ignore_merges: no,
    vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, 'expected an object of token ids'),
    merges: z.custom<readonly Pair[]>(isListOfPairs, 'expected a list of pairs of tokens'),
  }),
});
export type TokenizerFile = z.infer<typeof tokenizerSchema>;

/** Of `tokenizer_config.json`, only what could contradict the above. */
const configSchema = z.object({ add_bos_token: no, add_eos_token: no, add_prefix_space: no });

/** Throws an Error that names the file, the place and what is wrong. */
export function parseTokenizerFile(tokenizerJson: unknown, tokenizerConfig: unknown): TokenizerFile {
  parse('tokenizer_config.json', configSchema, tokenizerConfig);
  return parse('tokenizer.json', tokenizerSchema, tokenizerJson);
}

function parse<T>(file: string, schema: z.ZodType<T>, content: unknown): T {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'content'}: ${message}`);
  throw new Error(`${file} can't be used: ${problems.join('; ')}`);
}
