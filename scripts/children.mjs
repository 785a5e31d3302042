// Child processes of the bootstrap. Runs on any Node from 16 on.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';

const PARENT_CHECK_MS = 250;

/**
 * Runs Node with the caller's terminal, hands signals on, and resolves with its exit code. It ends when the parent of this process has
 * ended, if asked to, and under npm: npm hands signals to the shell that runs the script, which ends without handing them on.
 */
export async function runNode(node, args, { endsWithParent = Boolean(process.env.npm_lifecycle_event) } = {}) {
  const child = spawn(node, args, { stdio: 'inherit', env: withNodeFirst(node) });
  const stopWatching = endsWithParent ? endWithParent(child) : () => {};
  try {
    return await exitCode(child);
  } finally {
    stopWatching();
  }
}

function endWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, PARENT_CHECK_MS);
  return () => clearInterval(timer);
}

/** Runs npm silently; its output is shown when it fails. @returns whether it succeeded */
export async function runNpm(args, folder) {
  const npm = spawn('npm', [...args, '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withNodeFirst(process.execPath),
    shell: process.platform === 'win32',
  });
  const output = [];
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const succeeded = (await exitCode(npm)) === 0;
  if (!succeeded) process.stderr.write(`\n${Buffer.concat(output)}`);
  return succeeded;
}

/** npm, and what it starts, find the Node that runs the bootstrap. */
function withNodeFirst(node) {
  return { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH || ''}` };
}

function exitCode(child) {
  // the terminal sends this one to both
  const onInterrupt = () => {};
  const handOn = (signal) => child.kill(signal);
  process.on('SIGINT', onInterrupt);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, handOn);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', onInterrupt);
      for (const name of ['SIGTERM', 'SIGHUP']) process.off(name, handOn);
      resolve(code === null ? 128 + (constants.signals[signal] || 0) : code);
    });
  });
}

/** Ends the bootstrap with a message. */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
