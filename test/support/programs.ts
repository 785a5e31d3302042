import { spawnSync } from 'node:child_process';

/**
 * The first of some programs that this machine has. Without any, CI fails, and elsewhere the tests that need one are skipped.
 * @param label name of the program, as in "There is no … to test on"
 * @param tests those that need it
 * @param how to install it
 * @param check arguments with which the program succeeds if it has everything the tests need
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
  process.stderr.write(`Skipping tests ${tests}: ${label} is not installed. ${how}\n`);
  return undefined;
}
