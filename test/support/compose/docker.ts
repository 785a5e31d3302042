import { spawn } from 'node:child_process';
import { connect } from 'node:net';

/** The action of the program `docker`: print and exit, or become another program with its own input and output. */
export type DockerAnswer =
  | { readonly output: string; readonly code: number }
  | { readonly program: string; readonly args: readonly string[] };

/**
 * The program `docker` of the commands in docs/operations.md: sends its arguments to the test that runs them, by the Unix socket
 * of ORDERGRAPH_TEST_DOCKER, and does what it replies.
 */
function main(): void {
  const socket = connect(process.env.ORDERGRAPH_TEST_DOCKER!);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('end', () => obey(JSON.parse(text) as DockerAnswer));
  socket.end(JSON.stringify(process.argv.slice(2)));
}

function obey(answer: DockerAnswer): void {
  if ('output' in answer) {
    process.stdout.write(answer.output);
    process.exitCode = answer.code;
    return;
  }
  const child = spawn(answer.program, answer.args, { stdio: 'inherit' });
  child.on('exit', (code) => process.exit(code ?? 1));
}

if (require.main === module) main();
