#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp } from './setUp.mjs';

// npm runs scripts in the project's folder; paths on the command line mean the folder where it was called.
if (process.env.INIT_CWD) process.chdir(process.env.INIT_CWD);
if (!existsSync(join(root, 'dist', 'cli.mjs'))) setUp();
await import('../dist/cli.mjs');
