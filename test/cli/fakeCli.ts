import { abortOnInterrupt } from '../../src/cli/interrupt.js';
import { main } from '../../src/cli/main.js';
import { FakeEngine, lineDetector } from './fakes.js';

/** The command line as a process of its own, with everything real but the model and the detection. */
process.exitCode = await main(process.argv.slice(2), {
  version: '0.0.0-test',
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: abortOnInterrupt(),
  detector: lineDetector,
  defaultPackFolder: process.env['FAKE_PACK'] ?? '',
  startEngine: () =>
    new FakeEngine({
      ...(process.env['FAKE_TELL'] === undefined
        ? {}
        : { onEvent: (event) => process.stderr.write(`${event}\n`) }),
      delay: Number(process.env['FAKE_DELAY'] ?? 0),
      ...(process.env['FAKE_BROKEN'] === undefined ? {} : { broken: new Error(process.env['FAKE_BROKEN']) }),
    }),
  startFeatureEngine: () => {
    throw new Error('the stand-in has no features');
  },
});
process.stdin.destroy();
