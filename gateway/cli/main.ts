#!/usr/bin/env node
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** Runs a file on a supported Node and installs one if the project has none. Container images have a supported Node and no scripts. */
const ON_SUPPORTED_NODE = join(packageRoot, 'scripts', 'supported-node.mjs');

if (isBuiltin('node:sqlite')) require('./program');
else if (existsSync(ON_SUPPORTED_NODE))
  endAsItEnds(spawn(process.execPath, [ON_SUPPORTED_NODE, __filename, ...process.argv.slice(2)], { stdio: 'inherit' }));
else {
  process.stderr.write(`Node ${process.versions.node} is too old\n  Run Ordergraph on Node 22.13 or newer\n`);
  process.exitCode = 1;
}

/** Forwards signals to the child; a terminal sends SIGINT to both processes. */
function endAsItEnds(child: ChildProcess): void {
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  child.on('exit', (code) => process.exit(code ?? 1));
}
