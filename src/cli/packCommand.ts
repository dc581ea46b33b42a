import { importPack } from '../model/importPack.js';
import { packsFolder } from '../model/packsFolder.js';
import { readTokenizer } from '../model/packTokenizer.js';
import { loadPack, verifyPack } from '../model/pack.js';
import { bytesText } from '../report/byteSize.js';
import { terminalLine } from '../report/terminalText.js';
import { exitCode, type ExitCode } from './exitCode.js';
import type { Host } from './host.js';
import { streamOutput } from './output.js';

/** Verifies every file of a pack; one that is missing or altered ends the command with its name and hash. */
export async function packCheckCommand(folder: string | undefined, host: Host): Promise<ExitCode> {
  const pack = await loadPack(folder ?? host.defaultPackFolder);
  await verifyPack(pack);
  await readTokenizer(pack);
  const { files, model, layer, provenance } = pack.manifest;
  const rows = [
    ['file', 'size', 'SHA-256', 'holds'],
    ...files.map((file) => [file.path, bytesText(file.bytes), `${file.sha256.slice(0, 12)}…`, file.holds]),
  ].map((row) => row.map(terminalLine));
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = [
    `${pack.label} in ${pack.folder}`,
    `${model.architecture}: ${model.layers} layers, hidden ${model.hidden}, vocabulary ${model.vocabulary}, window ${model.window}; split at layer ${layer}`,
    `from ${provenance.source} (SHA-256 ${provenance.sourceSha256})`,
    '',
    ...rows.map(([file = '', size = '', hash = '', holds = '']) =>
      [file.padEnd(widths[0] ?? 0), size.padStart(widths[1] ?? 0), hash.padEnd(widths[2] ?? 0), holds].join(
        '  ',
      ),
    ),
    '',
    `${files.length} files, ${bytesText(files.reduce((sum, file) => sum + file.bytes, 0))}: all as described`,
  ];
  await streamOutput(host.stdout).write(`${lines.map((line) => terminalLine(line).trimEnd()).join('\n')}\n`);
  return exitCode.ok;
}

/** Copies a pack into the user's data folder and checks the copy; a damaged one ends the command with the file's name and hash. */
export async function packImportCommand(folder: string, host: Host): Promise<ExitCode> {
  const pack = await importPack(folder, packsFolder(host.environment));
  const lines = [`${pack.label} is in ${pack.folder}`, `Use it with: --pack ${pack.folder}`];
  await streamOutput(host.stdout).write(`${lines.map(terminalLine).join('\n')}\n`);
  return exitCode.ok;
}
