import { Option } from 'commander';
import { levels } from '../analysis/levelNames.js';
import { usualKinds } from '../analysis/levels.js';
import { parseCount, parseKinds, parseProbability, parseSize } from './optionValues.js';

/** Files of more than 4 MiB are data rather than text that a person wrote; records are held one at a time. */
const defaultFileSize = 4 * 1024 * 1024;

export function kindOption(description: string): Option {
  return new Option('--kind <kinds>', `${description}: names joined by commas, or all`)
    .argParser(parseKinds)
    .default(usualKinds, 'all but style');
}

export function minLevelOption(): Option {
  return new Option('--min-level <level>', 'use findings from this level').choices(levels).default('low');
}

export function packOption(): Option {
  return new Option('--pack <folder>', 'model pack to use instead of the embedded one');
}

export function threadsOption(): Option {
  return new Option('--threads <n>', 'threads of the model; as many as cores by default').argParser(
    parseCount,
  );
}

export function noCacheOption(): Option {
  return new Option('--no-cache', 'measure all anew, and keep no measures for the next run');
}

export function minDetectionOption(): Option {
  return new Option('--min-detection <p>', 'leave out candidates that are less likely to be a demonstration')
    .argParser(parseProbability)
    .default(0.5);
}

export function maxFileSizeOption(): Option {
  return new Option('--max-file-size <size>', 'skip larger files and JSONL records (bytes, or 500k, 4M)')
    .argParser(parseSize)
    .default(defaultFileSize);
}

export function noIgnoreOption(): Option {
  return new Option('--no-ignore', 'read what .gitignore lists, and node_modules');
}
