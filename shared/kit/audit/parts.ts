import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/*
 * A record is a file that is written, `<subgraph>.jsonl`, and parts that were put away when they had become long, each named by the
 * number of its first entry: `<subgraph>.from-000000001001.jsonl`. Replicas that share a folder have a record each: `<subgraph>-2.jsonl`.
 */
const SUFFIX = '.jsonl';

/** The name of a record among those of its folder. */
export const recordName = (path: string): string => basename(path, SUFFIX);

/** Where the part of a record goes that begins with an entry. */
export const partPath = (path: string, first: number): string =>
  join(dirname(path), `${recordName(path)}.from-${String(first).padStart(12, '0')}${SUFFIX}`);

/** Where the next file of a record is begun before it has its name. */
export const nextPath = (path: string): string => `${path}.next`;

/** Where the index of a part is, by which it is searched. */
export const indexPath = (part: string): string => `${part.slice(0, -SUFFIX.length)}.index`;

/** Space beside a record for the lines of changes. */
export const reservePath = (path: string): string => `${path}.reserve`;

/** The files of a record in the order in which they were written; without the one that is written where there is none. */
export function filesOfRecord(path: string): string[] {
  const folder = dirname(path);
  const name = recordName(path);
  const own = (file: string) =>
    file === basename(path) ||
    (file.startsWith(`${name}.from-`) && /^\.from-\d{12,}\.jsonl$/.test(file.slice(name.length)));
  // parts come before what is written: a dash of "from-" is less than the letters of the suffix
  const parts = readdirSync(folder).filter((file) => own(file) && file !== basename(path));
  const current = readdirSync(folder).filter((file) => file === basename(path));
  return [...parts.sort(), ...current].map((file) => join(folder, file));
}

/** Whether a record has a name that those of a subgraph have. */
export const isRecordOf = (record: string, subgraph: string): boolean =>
  record === subgraph || (record.startsWith(`${subgraph}-`) && /^\d+$/.test(record.slice(subgraph.length + 1)));

/** The records of a subgraph in a folder: one of each replica. */
export function recordsIn(folder: string, subgraph: string): string[] {
  const names = new Set<string>();
  for (const file of readdirSync(folder)) {
    const [, name] = /^(.+?)(\.from-\d{12,})?\.jsonl$/.exec(file) ?? [];
    if (name !== undefined && isRecordOf(name, subgraph)) names.add(name);
  }
  return [...names].sort().map((name) => join(folder, `${name}${SUFFIX}`));
}
