// Runs a file on a Node that the project supports: `node scripts/supported-node.mjs FILE [arguments]`. Runs on any Node from 16 on.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNode } from './children.mjs';
import { chooseNode } from './runtime.mjs';

const node = await chooseNode(dirname(fileURLToPath(import.meta.url)));
process.exitCode = await runNode(node, process.argv.slice(2), { endsWithParent: true });
