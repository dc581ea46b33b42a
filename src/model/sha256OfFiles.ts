import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Its own source, so that it runs wherever this module was bundled into. One buffer: a stream would leave the whole to be collected. */
const hashing = `
  const { createHash } = require('node:crypto');
  const { closeSync, openSync, readSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const buffer = Buffer.allocUnsafe(1 << 20);
  parentPort.postMessage(workerData.map((path) => {
    const hash = createHash('sha256');
    const file = openSync(path, 'r');
    try {
      for (let read; (read = readSync(file, buffer)) > 0; ) hash.update(buffer.subarray(0, read));
    } finally {
      closeSync(file);
    }
    return hash.digest('hex');
  }));
`;

/**
 * SHA-256 of each file, in hexadecimal, from a thread of its own: opening graphs holds the calling thread for seconds.
 * Rejects with the system's error for a file that can't be read.
 */
export async function sha256OfFiles(paths: readonly string[]): Promise<string[]> {
  const worker = new Worker(hashing, { eval: true, workerData: paths });
  const [digests] = (await once(worker, 'message')) as [string[]];
  return digests;
}
