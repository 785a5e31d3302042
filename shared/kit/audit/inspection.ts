import { existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { OperatorError } from '#base/errors';
import { Chain } from './chain';
import { type Breach, readLine } from './entry';
import { firstLine, lastLine, reading } from './files';
import { linesOf } from './lines';
import { filesOfRecord, nextPath, recordName, reservePath } from './parts';
import type { SealingKey, SealKeys } from './seal';

/** What a process finds of a record before it goes on with it. */
export interface Inspection {
  readonly chain: Chain;
  /** Bytes of the written file that are whole lines; undefined when there is no such file. */
  readonly size: number | undefined;
  /** Why the record is not intact. */
  readonly breach: Breach | undefined;
  /** The highest number in it, right or not: what comes next has a higher one. */
  readonly highest: number;
}

/**
 * Looks at a record before it is gone on with: at every line of the file that is written, and at the first and last line of each part.
 * @throws OperatorError when a seal cannot be verified for want of its key
 */
export async function inspect(path: string, subgraph: string, own: SealingKey, keys: SealKeys): Promise<Inspection> {
  await settleNext(path);
  const chain = new Chain({ record: recordName(path), subgraph }, keys, undefined, own);
  const files = filesOfRecord(path);
  let breach: Breach | undefined;
  for (const part of files.filter((file) => file !== path)) {
    const look = await lookAtPart(part, chain, part === files[0], breach);
    breach = look;
  }
  const hasCurrent = files.includes(path);
  const { text: last, size } = hasCurrent ? await reading(path, lastLine) : { text: undefined, size: undefined };
  if (hasCurrent) breach = await lookAtCurrent(path, chain, size!, files.length === 1, breach);
  else breach ??= missing(path, files);
  if (chain.unknownKey !== undefined)
    throw new OperatorError(
      `The record "${path}" has seals of the key "${chain.unknownKey}", which is not configured`,
      'Set ORDERGRAPH_AUDIT_KEYS to the public keys of all who sealed it; find out what happened to the record if the key is not yours',
    );
  const { number } = chain.standing;
  return { chain, size, breach, highest: Math.max(number, plausible(last, number)) };
}

/** A process may have died between beginning the next file and giving it its name. */
async function settleNext(path: string): Promise<void> {
  const next = nextPath(path);
  if (!existsSync(next)) return;
  if (existsSync(path)) await rm(next);
  else await rename(next, path);
}

/** What is there of a record of which no file is written: nothing before its beginning. */
function missing(path: string, files: readonly string[]): Breach | undefined {
  const isNew = files.length === 0 && !existsSync(reservePath(path));
  return isNew ? undefined : { file: basename(path), line: 0, what: 'it is missing: the record was written before' };
}

/** @returns why the record is broken up to the end of the part */
async function lookAtPart(
  part: string,
  chain: Chain,
  isFirst: boolean,
  before: Breach | undefined,
): Promise<Breach | undefined> {
  const [first, last] = await reading(part, async (file) => [await firstLine(file), (await lastLine(file)).text ?? '']);
  const isResumed = chain.resume(first!) !== undefined;
  if (before && !isResumed) return before;
  const line = (what: string | undefined, at: number) => what && { file: basename(part), line: at, what };
  if (!isResumed) beginAt(chain, first!, isFirst);
  return line(chain.take(first!), 1) || line(last === first ? undefined : chain.leap(last!), 0) || undefined;
}

/** The first file that is there may begin with a part: those before it may have been removed. */
function beginAt(chain: Chain, text: string, isFirst: boolean): void {
  const entry = isFirst ? readLine(text)?.entry : undefined;
  if (entry && entry.number > 1) chain.standing = { number: entry.number - 1, hash: entry.before, at: '' };
  chain.beginFile();
}

async function lookAtCurrent(
  path: string,
  chain: Chain,
  size: number,
  isFirst: boolean,
  before: Breach | undefined,
): Promise<Breach | undefined> {
  const file = basename(path);
  if (size === 0) return before ?? { file, line: 0, what: 'it is empty: a file of a record begins with a seal' };
  let line = 0;
  for await (const text of linesOf(path, size - 1)) {
    line += 1;
    if (line === 1 && chain.resume(text) === undefined) {
      if (before) return before;
      beginAt(chain, text, isFirst);
    }
    const what = chain.take(text);
    if (what !== undefined) return { file, line, what };
  }
  const { foreign } = chain;
  if (foreign === undefined) return undefined;
  return {
    file,
    line: foreign - chain.first + 1,
    what: 'no process with the configured key wrote it, and no seal covers it',
  };
}

/** Of a line that may be made up. */
function plausible(text: string | undefined, number: number): number {
  const found = (text && readLine(text)?.entry.number) || 0;
  return found - number < 100_000_000 ? found : 0;
}

/** Whether a path is something other than a file, such as a device. */
export async function isDevice(path: string): Promise<boolean> {
  const present = await stat(path).catch(() => undefined);
  return present !== undefined && !present.isFile();
}

/** The hash of an entry of a record, by its number; undefined when there is none. */
export async function hashAt(path: string, number: number): Promise<string | undefined> {
  for (const file of filesOfRecord(path).toReversed()) {
    const first = readLine(await reading(file, firstLine))?.entry.number ?? 0;
    if (first > number) continue;
    for await (const text of linesOf(file))
      if (text.startsWith(`{"number":${number},`)) return readLine(text)?.entry.hash;
  }
  return undefined;
}

/** Number of the first entry that is there. */
export async function firstNumber(path: string): Promise<number> {
  const [file] = filesOfRecord(path);
  return (file === undefined ? undefined : readLine(await reading(file, firstLine))?.entry.number) ?? 1;
}
