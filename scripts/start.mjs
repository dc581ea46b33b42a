import { join, relative } from 'node:path';
import { root, run, setUp } from './setUp.mjs';

setUp();
const options = process.argv.slice(2);
const cwd = process.env.INIT_CWD ?? root;
// With a path: scan that. Without: the examples, and how to go on.
const code = run(
  process.execPath,
  join(root, 'scripts', 'backfire.mjs'),
  'scan',
  ...(options.length > 0 ? options : [relative(cwd, join(root, 'examples')) || '.']),
);
if (code === 0 && options.length === 0) {
  console.log(`
To open the extension: code --extensionDevelopmentPath="${root}" "${join(root, 'examples')}"
then select a comment with its snippet and run "Backfire: Analyze Selection".
To scan your own text: npm start -- PATH   (all commands: npm run -s backfire -- --help, from ${cwd})`);
}
process.exit(code);
