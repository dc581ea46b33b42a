// Runs the suite in a downloaded VS Code: node electron.mjs EXECUTABLE EXTENSION SUITE FOLDER
import { runTests } from '@vscode/test-electron';

const [vscodeExecutablePath, extensionDevelopmentPath, extensionTestsPath, folder] = process.argv.slice(2);
const launchArgs = [folder, '--disable-extensions', '--disable-workspace-trust', '--no-sandbox'];
process.exit(
  await runTests({ vscodeExecutablePath, extensionDevelopmentPath, extensionTestsPath, launchArgs }),
);
