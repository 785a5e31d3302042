import { Database } from '#kit/database/database';

/** Types of objects that a transaction locked, in order. */
const locked = new WeakMap<Database, string[]>();
/** Where transactions locked a type after another one, as "earlier later". */
const places = new Map<string, string>();
let isWatching = false;

/** Records in which order the transactions of this process lock objects of different types. */
export function watchLocks(): void {
  if (isWatching) return;
  isWatching = true;
  const { lock, lockAll, updateWhere } = Database.prototype;
  Database.prototype.lock = function (target, key) {
    note(this, target.name);
    return lock.call(this, target, key) as never;
  };
  Database.prototype.lockAll = function (target, keys) {
    if (keys.length > 0) note(this, target.name);
    return lockAll.call(this, target, keys) as never;
  };
  // an update locks what it writes, until the transaction ends
  Database.prototype.updateWhere = function (target, changes, condition, parameters) {
    if ((this as unknown as { readonly inTransaction?: object }).inTransaction) note(this, target.name);
    return updateWhere.call(this, target, changes, condition, parameters);
  };
}

function note(transaction: Database, type: string): void {
  const before = locked.get(transaction) ?? [];
  if (before.includes(type)) return;
  locked.set(transaction, [...before, type]);
  for (const earlier of before) {
    const pair = `${earlier} ${type}`;
    if (!places.has(pair)) places.set(pair, new Error(pair).stack!);
  }
}

/**
 * Two transactions that lock objects of two types in different orders may wait for each other, until the database fails one of them.
 * @throws Error with the places of two such transactions
 */
export function requireOneLockOrder(): void {
  for (const [pair, place] of places) {
    const reverse = places.get(pair.split(' ').reverse().join(' '));
    if (reverse !== undefined) throw new Error(`Transactions lock in two orders:\n${place}\n${reverse}`);
  }
}
