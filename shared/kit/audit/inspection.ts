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

/** State of an existing record before a process continues it. */
export interface Inspection {
  readonly chain: Chain;
  /** Bytes of whole lines in the current file; undefined without one. */
  readonly size: number | undefined;
  /** Why the record is not intact. */
  readonly breach: Breach | undefined;
  /** Highest entry number in it, valid or not; the next entry gets a higher one. */
  readonly highest: number;
}

/**
 * Checks a record before a process continues it: every line of the current file, and the first and last line of each part.
 * @throws OperatorError when the key of a seal is not configured
 */
export async function inspect(path: string, subgraph: string, key: SealingKey, keys: SealKeys): Promise<Inspection> {
  await settleNext(path);
  const chain = new Chain({ record: recordName(path), subgraph }, keys, undefined, key);
  const files = filesOfRecord(path);
  let breach: Breach | undefined;
  for (const part of files.filter((file) => file !== path))
    breach = await checkPart(part, chain, part === files[0], breach);
  const hasCurrent = files.includes(path);
  const { text: last, size } = hasCurrent ? await reading(path, lastLine) : { text: undefined, size: undefined };
  if (hasCurrent) breach = await checkCurrent(path, chain, size!, files.length === 1, breach);
  else breach ??= missing(path, files);
  if (chain.unknownKey !== undefined)
    throw new OperatorError(
      `The record "${path}" is sealed with the key "${chain.unknownKey}", which is not configured`,
      'Set ORDERGRAPH_AUDIT_KEYS to all public keys that ever sealed it; if the key is not yours, investigate who wrote the record',
    );
  const { number } = chain.standing;
  return { chain, size, breach, highest: Math.max(number, plausible(last, number)) };
}

/** Completes or removes a new file that a crash left before its rename. */
async function settleNext(path: string): Promise<void> {
  const next = nextPath(path);
  if (!existsSync(next)) return;
  if (existsSync(path)) await rm(next);
  else await rename(next, path);
}

/** Breach of a record without a current file, unless the record is new. */
function missing(path: string, files: readonly string[]): Breach | undefined {
  const isNew = files.length === 0 && !existsSync(reservePath(path));
  return isNew
    ? undefined
    : { file: basename(path), line: 0, what: 'the file is missing, although the record is not new' };
}

/** @returns why the record is broken up to the end of the part */
async function checkPart(
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

/** Earlier parts may have been archived, so the first existing file may begin at any number. */
function beginAt(chain: Chain, text: string, isFirst: boolean): void {
  const entry = isFirst ? readLine(text)?.entry : undefined;
  if (entry && entry.number > 1) chain.standing = { number: entry.number - 1, hash: entry.before, at: '' };
  chain.beginFile();
}

async function checkCurrent(
  path: string,
  chain: Chain,
  size: number,
  isFirst: boolean,
  before: Breach | undefined,
): Promise<Breach | undefined> {
  const file = basename(path);
  if (size === 0)
    return before ?? { file, line: 0, what: 'the file is empty: each file of a record begins with a seal' };
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
    what: 'not written with the configured key, and not covered by a seal',
  };
}

/** Number of a line that may be forged; 0 if it is implausible. */
function plausible(text: string | undefined, number: number): number {
  const claimed = (text && readLine(text)?.entry.number) || 0;
  return claimed - number < 100_000_000 ? claimed : 0;
}

/** Whether a path exists and is not a regular file. */
export async function isDevice(path: string): Promise<boolean> {
  const present = await stat(path).catch(() => undefined);
  return present !== undefined && !present.isFile();
}

/** Hash of an entry by its number; undefined if missing. */
export async function hashAt(path: string, number: number): Promise<string | undefined> {
  for (const file of filesOfRecord(path).toReversed()) {
    const first = readLine(await reading(file, firstLine))?.entry.number ?? 0;
    if (first > number) continue;
    for await (const text of linesOf(file))
      if (text.startsWith(`{"number":${number},`)) return readLine(text)?.entry.hash;
  }
  return undefined;
}

/** Number of the first entry that still exists. */
export async function firstNumber(path: string): Promise<number> {
  const [file] = filesOfRecord(path);
  return (file === undefined ? undefined : readLine(await reading(file, firstLine))?.entry.number) ?? 1;
}
