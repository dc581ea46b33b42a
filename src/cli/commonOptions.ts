import { Option } from 'commander';
import { levels } from '../analysis/finding.js';
import { usualKinds } from '../analysis/levels.js';
import { parseCount, parseKinds } from './optionValues.js';

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
