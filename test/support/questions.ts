import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { questionVariables } from '../questions/variables';

/** The folder of the questions. */
export const QUESTIONS = join(packageRoot, 'test', 'questions');

/** The questions, in their order, with variables. */
export function questions(): { name: string; query: string; variables: Record<string, unknown> }[] {
  const files = readdirSync(QUESTIONS).filter((file) => file.endsWith('.graphql'));
  return files.sort().map((file) => ({
    name: file.replace('.graphql', ''),
    query: readFileSync(join(QUESTIONS, file), 'utf8'),
    variables: questionVariables[file.slice(0, 2)] ?? {},
  }));
}
