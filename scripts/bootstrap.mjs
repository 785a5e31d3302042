// Runs a command of the project on a fresh clone, whatever Node started it: installs a supported Node where that one is too old,
// then the packages of the lock file that the command needs, compiles, and hands over. Runs on any Node from 16 on.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, runNode } from './children.mjs';
import { chooseNode } from './runtime.mjs';
import { commandList, isCommand, usageOf } from './usage.mjs';

const scripts = dirname(fileURLToPath(import.meta.url));
const [command, ...args] = process.argv.slice(2);
const asksForHelp = args.includes('--help') || args.includes('-h');

if (command === undefined || command === '--help' || command === '-h') {
  process.stdout.write(commandList());
} else if (!isCommand(command)) {
  fail(`Unknown command "${command}"\n${commandList()}`);
} else if (asksForHelp && usageOf(command)) {
  process.stdout.write(usageOf(command));
} else {
  const node = await chooseNode(scripts);
  if (node === process.execPath) {
    const { runCommand } = await import('./commands.mjs');
    process.exitCode = await runCommand(dirname(scripts), command, args);
  } else {
    process.exitCode = await runNode(node, [fileURLToPath(import.meta.url), command, ...args]);
  }
}
