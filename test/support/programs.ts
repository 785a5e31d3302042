import { spawnSync } from 'node:child_process';

/**
 * The first of some programs that this machine has. Without any, CI fails, and elsewhere the tests that need one are left out.
 * @param what it is, as in "There is no … to test on" @param tests those that need it @param how to come by it
 * @param check arguments with which the program ends well where all that the tests need is there
 */
export function programFor(
  names: readonly string[],
  label: string,
  tests: string,
  how: string,
  check: readonly string[] = ['--version'],
): string | undefined {
  const program = names.find((name) => spawnSync(name, check).status === 0);
  if (program) return program;
  if (process.env.CI) throw new Error(`There is no ${label} to test on. ${how}`);
  process.stderr.write(`Tests ${tests} are left out: there is no ${label}. ${how}\n`);
  return undefined;
}
