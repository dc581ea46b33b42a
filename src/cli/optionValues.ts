import { InvalidArgumentError } from 'commander';
import { parseShard } from '../corpus/shards.js';
import { type KindName, kindNames } from '../analysis/kind/kindNames.js';

const sizeUnits: Record<string, number> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `500k`, `4M`, `1.5g` or plain bytes. */
export function parseSize(value: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i.exec(value.trim());
  const unit = sizeUnits[(match?.[2] ?? '').toLowerCase()];
  if (match?.[1] === undefined || unit === undefined) {
    throw new InvalidArgumentError('Give a number of bytes, or one with k, M or G, such as 4M.');
  }
  return Math.floor(Number(match[1]) * unit);
}

export function parseProbability(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 1)) {
    throw new InvalidArgumentError('Give a number from 0 to 1.');
  }
  return number;
}

export function parseCount(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('Give a whole number of at least 1.');
  return number;
}

/** `2/8`, kept as it is said. */
export function parseShardOption(value: string): string {
  const shard = parseShard(value);
  if (shard === undefined) throw new InvalidArgumentError('Give i/n, such as 2/8: the second of eight.');
  return `${shard.index}/${shard.count}`;
}

/** `security,correctness`, or `all`. */
export function parseKinds(value: string): KindName[] {
  const asked = value.split(',').map((each) => each.trim());
  if (asked.length === 1 && asked[0] === 'all') return [...kindNames];
  const unknown = asked.find((each) => !kindNames.some((name) => name === each));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`No kind ${JSON.stringify(unknown)}: ${kindNames.join(', ')}, or all.`);
  }
  // In one order, so that a resumed scan asks for the same.
  return kindNames.filter((name) => asked.includes(name));
}
