import { type Command, InvalidArgumentError, Option } from 'commander';
import { maxFileSizeOption, noIgnoreOption, packOption, threadsOption } from './commonOptions.js';
import { featureCommand, type FeatureCommandOptions, featureFormats } from './featureCommand.js';
import { featuresCommand, type FeaturesCommandOptions } from './featuresCommand.js';
import type { ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { parseCount } from './optionValues.js';

/** What is asked of the sparse autoencoder alone. */
export function featureSubcommands(program: Command, host: Host, ended: (code: ExitCode) => void): void {
  program
    .command('features')
    .description('show which features of the model are active at each token of texts')
    .argument('<text...>', 'texts; - for standard input')
    .addOption(
      new Option('--format <format>', 'table, or one JSON line a text')
        .choices(['pretty', 'json'])
        .default('pretty'),
    )
    .option('--most <n>', 'features of a token', parseCount, 5)
    .option('--latent <ids>', 'these features alone: numbers joined by commas', parseFeatures)
    .addOption(packOption())
    .addOption(threadsOption())
    .addHelpText('after', `\nExample:\n  backfire features "os.system(command)" "subprocess.run(['ls'])"`)
    .action(async (texts: string[], options: FeaturesCommandOptions) =>
      ended(await featuresCommand(texts, options, host)),
    );

  program
    .command('feature')
    .description('show the page of a feature: where it fires, what it promotes, examples, neighbours')
    .argument('<id>', 'number of the feature, or all', parseFeatureOrAll)
    .addOption(
      new Option('--format <format>', 'how it is written; neuronpedia is a folder of JSONL')
        .choices(featureFormats)
        .default('pretty'),
    )
    .option('--output <file>', 'write it there instead of standard output')
    .option('--examples <path...>', 'find the strongest examples in these files and folders, too')
    .option('--text-field <path>', 'field of records to look at, as for scan')
    .addOption(maxFileSizeOption())
    .addOption(noIgnoreOption())
    .option('--quiet', 'no progress line')
    .addOption(packOption())
    .addOption(threadsOption())
    .addHelpText(
      'after',
      `
Examples:
  backfire feature 1234 --format html --output feature.html --examples docs/
  backfire feature all --format neuronpedia --output features/`,
    )
    .action(async (feature: number | 'all', options: FeatureCommandOptions) =>
      ended(await featureCommand(feature, options, host)),
    );
}

function parseFeature(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('Give the number of a feature, 0 or more.');
  return number;
}

function parseFeatures(value: string): number[] {
  return [...new Set(value.split(',').map(parseFeature))];
}

function parseFeatureOrAll(value: string): number | 'all' {
  return value === 'all' ? 'all' : parseFeature(value);
}
