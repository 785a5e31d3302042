import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/*
 * A record consists of the current file, `<subgraph>.jsonl`, and of parts: earlier files, named by the number of their first entry, such as
 * `<subgraph>.from-000000001001.jsonl`. Replicas that share a folder each have a record: `<subgraph>-2.jsonl`.
 */
const SUFFIX = '.jsonl';

/** Name of a record in its folder. */
export const recordName = (path: string): string => basename(path, SUFFIX);

/** Path of the part that begins with an entry. */
export const partPath = (path: string, first: number): string =>
  join(dirname(path), `${recordName(path)}.from-${String(first).padStart(12, '0')}${SUFFIX}`);

/** Temporary path of the next file of a record. */
export const nextPath = (path: string): string => `${path}.next`;

/** Path of the search index of a part. */
export const indexPath = (part: string): string => `${part.slice(0, -SUFFIX.length)}.index`;

/** Path of the reserved space for the lines of changes. */
export const reservePath = (path: string): string => `${path}.reserve`;

/** Existing files of a record, oldest first. */
export function filesOfRecord(path: string): string[] {
  const folder = dirname(path);
  const name = recordName(path);
  const isOfRecord = (file: string) =>
    file === basename(path) ||
    (file.startsWith(`${name}.from-`) && /^\.from-\d{12,}\.jsonl$/.test(file.slice(name.length)));
  // the current file comes last
  const parts = readdirSync(folder).filter((file) => isOfRecord(file) && file !== basename(path));
  const current = readdirSync(folder).filter((file) => file === basename(path));
  return [...parts.sort(), ...current].map((file) => join(folder, file));
}

/** Whether a record belongs to a subgraph, by its name. */
export const isRecordOf = (record: string, subgraph: string): boolean =>
  record === subgraph || (record.startsWith(`${subgraph}-`) && /^\d+$/.test(record.slice(subgraph.length + 1)));

/** Records of a subgraph in a folder, one per replica. */
export function recordsIn(folder: string, subgraph: string): string[] {
  const names = new Set<string>();
  for (const file of readdirSync(folder)) {
    const [, name] = /^(.+?)(\.from-\d{12,})?\.jsonl$/.exec(file) ?? [];
    if (name !== undefined && isRecordOf(name, subgraph)) names.add(name);
  }
  return [...names].sort().map((name) => join(folder, `${name}${SUFFIX}`));
}
