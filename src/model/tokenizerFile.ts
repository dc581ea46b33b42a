import { z } from 'zod';

const none = z.union([z.null(), z.literal('')]).optional();
const no = z.literal(false).nullish();

/** How byte-level BPE cuts a text before it merges; named after the models that do it so. */
export type PreTokenForm = 'smollm' | 'llama3' | 'qwen';

const digits = z.object({ type: z.literal('Digits'), individual_digits: z.literal(true) });
const byteLevel = (withPattern: boolean) =>
  z.object({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.literal(false),
    use_regex: withPattern ? z.literal(true).optional() : z.literal(false),
  });
const split = (pattern: z.ZodType) =>
  z.object({ type: z.literal('Split'), pattern, behavior: z.string(), invert: z.literal(false) });
const splitBy = (most: string) =>
  split(
    z.object({
      Regex: z.literal(
        `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}${most}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`,
      ),
    }),
  ).extend({ behavior: z.literal('Isolated') });
const sequence = <A extends z.ZodType, B extends z.ZodType>(a: A, b: B) =>
  z.object({ type: z.literal('Sequence'), pretokenizers: z.tuple([a, b]) });

const preTokenizers: Readonly<Record<PreTokenForm, z.ZodType>> = {
  smollm: sequence(digits, byteLevel(true)),
  llama3: sequence(splitBy('{1,3}'), byteLevel(false)),
  qwen: sequence(splitBy(''), byteLevel(false)),
};

type Pair = readonly [string, string];

// These two hold up to some 500,000 entries each: walked by hand, because by schema they would make half of the loading time.
function isVocabulary(value: unknown): boolean {
  const isId = (id: unknown) => Number.isSafeInteger(id) && (id as number) >= 0;
  return typeof value === 'object' && value !== null && Object.values(value).every(isId);
}

/** Pairs, or in older files two tokens with a space between them. */
function isListOfPairs(value: unknown): boolean {
  const isPair = (entry: unknown) =>
    typeof entry === 'string'
      ? entry.split(' ').length === 2
      : Array.isArray(entry) &&
        entry.length === 2 &&
        typeof entry[0] === 'string' &&
        typeof entry[1] === 'string';
  return Array.isArray(value) && value.every(isPair);
}

const template = z.object({
  type: z.literal('TemplateProcessing'),
  single: z.array(
    z.union([
      z.object({ SpecialToken: z.object({ id: z.string() }) }),
      z.object({ Sequence: z.object({ id: z.literal('A') }) }),
    ]),
  ),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int().nonnegative()) })),
});
/** It moves offsets only, and ours are the text's own. */
const byteLevelOffsets = z.object({ type: z.literal('ByteLevel') });
const postProcessor = z.union(
  [
    z.null(),
    byteLevelOffsets,
    template,
    z.object({ type: z.literal('Sequence'), processors: z.array(z.union([byteLevelOffsets, template])) }),
  ],
  'only the post-processors TemplateProcessing, ByteLevel and Sequences of them are supported',
);

const spaceMarks = z.object({
  type: z.literal('Replace'),
  pattern: z.object({ String: z.literal(' ') }),
  content: z.literal('▁'),
});

/** The part of Hugging Face's `tokenizer.json` that is understood. Whatever else would change ids is refused, not ignored. */
const tokenizerSchema = z.object({
  normalizer: z.union(
    [z.null(), z.object({ type: z.literal('NFC') }), spaceMarks],
    'only the normalizers NFC and Replace " " by "▁" are supported: offsets would not lead back to the text',
  ),
  pre_tokenizer: z.unknown(),
  post_processor: postProcessor,
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
    unk_token: z.string().nullish(),
    continuing_subword_prefix: none,
    end_of_word_suffix: none,
    byte_fallback: z.boolean().nullish(),
    ignore_merges: z.boolean().nullish(),
    vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, 'expected an object of token ids'),
    merges: z.custom<readonly (Pair | string)[]>(isListOfPairs, 'expected a list of pairs of tokens'),
  }),
});
export type TokenizerFile = z.infer<typeof tokenizerSchema>;

/** Of `tokenizer_config.json`, only what could contradict the above. */
const configSchema = z.object({
  add_bos_token: z.boolean().nullish(),
  add_eos_token: no,
  add_prefix_space: no,
});

/** A tokenizer's files, understood. */
export interface TokenizerForm {
  readonly file: TokenizerFile;
  /** Characters are merged, not bytes, for `characters`: Gemma's form. */
  readonly pieces: PreTokenForm | 'characters';
  readonly composes: boolean;
  /** Ids that stand before every text. */
  readonly startIds: readonly number[];
}

/** Throws an Error that names the file, the place and what is wrong. */
export function parseTokenizerFile(tokenizerJson: unknown, tokenizerConfig: unknown): TokenizerForm {
  const config = parse('tokenizer_config.json', configSchema, tokenizerConfig);
  const file = parse('tokenizer.json', tokenizerSchema, tokenizerJson);
  const startIds = startOf(file);
  if (config.add_bos_token === true && startIds.length === 0) {
    throw unusable('tokenizer_config.json: add_bos_token is true, but no post-processor adds a token');
  }
  return { file, pieces: piecesOf(file), composes: file.normalizer?.type === 'NFC', startIds };
}

function piecesOf({
  normalizer,
  pre_tokenizer: preTokenizer,
  model,
}: TokenizerFile): PreTokenForm | 'characters' {
  const marksSpaces = normalizer?.type === 'Replace';
  if (model.byte_fallback === true && marksSpaces && model.ignore_merges !== true) {
    const atSpaces = split(z.object({ String: z.literal(' ') })).nullable();
    if (atSpaces.safeParse(preTokenizer).success) return 'characters';
  }
  const forms = Object.keys(preTokenizers) as PreTokenForm[];
  const form = forms.find((name) => preTokenizers[name].safeParse(preTokenizer).success);
  if (form === undefined || marksSpaces || model.byte_fallback === true) {
    throw unusable(
      'pre_tokenizer: only byte-level BPE as in SmolLM2, Llama 3 or Qwen is supported, and Gemma’s BPE with byte_fallback',
    );
  }
  if ((model.unk_token ?? null) !== null) throw unusable('model.unk_token: byte-level BPE has none');
  return form;
}

/** Ids that the post-processor puts before a text. */
function startOf({ post_processor: processor }: TokenizerFile): number[] {
  const templates = (processor?.type === 'Sequence' ? processor.processors : [processor]).filter(
    (part) => part?.type === 'TemplateProcessing',
  );
  if (templates.length > 1) throw unusable('post_processor: there is more than one template');
  const [only] = templates;
  if (only === undefined) return [];
  const names = only.single.map((part) => ('SpecialToken' in part ? part.SpecialToken.id : undefined));
  if (names.indexOf(undefined) !== names.length - 1) {
    throw unusable('post_processor: tokens after a text are not supported, only before it');
  }
  return names.flatMap((name) => {
    if (name === undefined) return [];
    const ids = only.special_tokens[name]?.ids;
    if (ids === undefined) throw unusable(`post_processor: ${name} has no ids`);
    return ids;
  });
}

function parse<T>(file: string, schema: z.ZodType<T>, content: unknown): T {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.length > 0 ? path.join('.') : 'content'}: ${message}`);
  throw new Error(`${file} can't be used: ${problems.join('; ')}`);
}

export function unusable(problem: string): Error {
  return new Error(`tokenizer.json can't be used: ${problem}`);
}
