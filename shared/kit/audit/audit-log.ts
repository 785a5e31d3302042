import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import type { Clock } from '#base/clock';
import { OperatorError, RequestError } from '#base/errors';
import type { Origin } from '#base/http/origin';
import type { Principal } from '#base/identity/principal';
import { BEGINNING } from './chain';
import { Composer } from './composer';
import { type Breach, FIRST, type Happening, SEAL_MS, type Seal } from './entry';
import { syncFolder } from './files';
import { firstNumber, hashAt, type Inspection, inspect, isDevice } from './inspection';
import { filesOfRecord, nextPath, partPath, recordName, reservePath } from './parts';
import { Reserve } from './reserve';
import { type SealKeySource, SealKeys, sealingKeyOf, sealKeyOf } from './seal';
import { RecordSearch, type SearchCriteria, type SearchHit, type Span } from './search';
import { type Attempt, unsettledAttempts } from './unsettled';

/** Maximum entries waiting to be written. Further entries, and the requests they record, are rejected. */
const MAX_WAITING = 10_000;

/** File size in bytes at which the file becomes a part and a new file begins. */
const PART_BYTES = 32 * 1024 * 1024;

/** Milliseconds between checks whether the key has been replaced. */
const CHECK_KEY_MS = 1_000;

/** The record cannot be written, so the request is rejected. */
export class RecordUnavailableError extends RequestError {
  /** @param isAfterChange whether the request already made a change */
  constructor(isAfterChange = false) {
    super(
      'RECORD_UNAVAILABLE',
      isAfterChange
        ? 'The change was made, but its result cannot be returned while the record is not writable; send it again with the same idempotency key'
        : 'This access must be recorded, but the record is not writable at the moment; try again',
      [],
      { retryable: true },
    );
  }
}

/** Lock against other processes that write the file. */
export interface FileLock {
  release(): void;
}

export interface AuditLogOptions {
  readonly lock?: FileLock;
  /** File size in bytes at which a file becomes a part. */
  readonly partBytes?: number;
  /** Public keys of all subgraphs and of earlier signers of the record. The public key of this process is added. */
  readonly keys?: SealKeySource;
  /**
   * Whether the key has been replaced: after a crash, the next process would not recognize lines without a seal. So this one seals what it
   * writes at once.
   */
  readonly isRetired?: () => boolean;
}

interface Waiting {
  readonly who: Principal | null;
  readonly origin: Origin | null;
  readonly what: Happening;
  /** Whether it follows a committed change, and so may use the reserved space. */
  readonly isAfterChange: boolean;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/** An inspected record, ready to write. */
interface Parts {
  readonly path: string;
  readonly subgraph: string;
  readonly log: Logger;
  readonly lock: FileLock | undefined;
  readonly isRetired: () => boolean;
  readonly partBytes: number;
  readonly keys: SealKeys;
  readonly composer: Composer;
  readonly reserve: Reserve;
  readonly searching: RecordSearch;
  readonly breach: Breach | undefined;
  readonly unsettled: readonly Attempt[];
}

/**
 * The record of one subgraph process: a file of JSON lines, each with the hash of its predecessor, sealed by signatures at bounded
 * intervals. Waiting entries are written as a batch and are on disk before the responses. Long files become parts, which begin and end with
 * a seal. After a break in the record, writing continues in a new part that states the break.
 */
export class AuditLog {
  /** Counts of this process, for metrics. */
  readonly counts = {
    written: 0,
    failures: 0,
    /** Parts begun because the record before them was broken. */
    breaches: 0,
    /** Unix time of the last seal in seconds; 0 before the first. */
    sealedAt: 0,
    waiting: (): number => this.waiting.length,
  };
  private waiting: Waiting[] = [];
  /** Entries of committed changes whose write failed; the next write begins with them. */
  private owed: Waiting[] = [];
  /** Why the last write failed. */
  private failure: Error | undefined;
  /** Whether the next write must seal the record: because a seal is due, or to test whether the record is writable. */
  private isSealing = false;
  private sealTimer: NodeJS.Timeout | undefined;
  private readonly keyTimer: NodeJS.Timeout;
  private writing: Promise<void> | undefined;
  private closed: Promise<void> | undefined;
  /** The current file; undefined until it can be opened. */
  private file: FileHandle | undefined;
  /** Size of the whole lines in the file, in bytes. */
  private size = 0;
  private putAwayAt: number;
  private readonly path: string;
  private readonly subgraph: string;
  private readonly log: Logger;
  private readonly lock: FileLock | undefined;
  private readonly isRetired: () => boolean;
  private readonly partBytes: number;
  private readonly keys: SealKeys;
  private readonly composer: Composer;
  private readonly reserve: Reserve;
  private readonly searching: RecordSearch;
  /** Reason to begin a new part with the next write. */
  private breach: Breach | undefined;
  /** Attempts of the previous process without a recorded outcome. */
  readonly unsettled: readonly Attempt[];

  private constructor(parts: Parts) {
    this.path = parts.path;
    this.subgraph = parts.subgraph;
    this.log = parts.log;
    this.lock = parts.lock;
    this.isRetired = parts.isRetired;
    this.partBytes = parts.partBytes;
    this.putAwayAt = parts.partBytes;
    this.keys = parts.keys;
    this.composer = parts.composer;
    this.reserve = parts.reserve;
    this.searching = parts.searching;
    this.breach = parts.breach;
    this.unsettled = parts.unsettled;
    this.keyTimer = setInterval(() => {
      if (this.isRetired()) this.sealNow();
    }, CHECK_KEY_MS).unref();
  }

  /**
   * Opens or creates a record, and removes a line that a crash truncated. Verifies the whole current file and both ends of each part, and
   * begins a new part if they are broken.
   * @throws OperatorError
   */
  static async open(
    path: string,
    subgraph: string,
    jwk: JWK,
    clock: Clock,
    log: Logger,
    { lock, partBytes = PART_BYTES, keys, isRetired = () => false }: AuditLogOptions = {},
  ): Promise<AuditLog> {
    const key = sealingKeyOf(jwk);
    const sealKeys = new SealKeys([sealKeyOf(jwk, subgraph)], keys);
    try {
      mkdirSync(dirname(path), { recursive: true });
      const device = await isDevice(path);
      const inspection = device ? undefined : await inspect(path, subgraph, key, sealKeys);
      const unsettled = device ? [] : await unsettledAttempts(filesOfRecord(path));
      const owner = { record: recordName(path), subgraph, instance: inspection?.chain.instance ?? randomUUID() };
      const audit = new AuditLog({
        ...{ path, subgraph, log, lock, isRetired, partBytes, unsettled },
        keys: sealKeys,
        composer: new Composer(owner, key, clock, stateOf(inspection)),
        reserve: new Reserve(reservePath(path), !device),
        searching: new RecordSearch(dirname(path), subgraph, key, log),
        breach: inspection?.breach,
      });
      await audit.resume(inspection);
      void audit.searching.prepare();
      return audit;
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(
        `The record of reads cannot be kept in "${path}": ${(error as Error).message}`,
        'Set ORDERGRAPH_AUDIT to a writable folder; run `ordergraph audit verify` to check its files',
      );
    }
  }

  /** Opens the file and seals it if needed. If that fails, the readiness check reports it and changes are rejected. */
  private async resume(inspection: Inspection | undefined): Promise<void> {
    if (inspection?.size && !inspection.breach) {
      this.file = await open(this.path, 'a', 0o600);
      this.size = inspection.size;
      if ((await this.file.stat()).size > inspection.size) await this.file.truncate(inspection.size);
    }
    try {
      if (!this.file || this.composer.state.unsealed > 0) await this.writeLines([], this.file !== undefined);
      await this.reserve.fill();
    } catch (error) {
      this.failed(error as Error);
    }
  }

  /** Name of the record in its folder. */
  get name(): string {
    return recordName(this.path);
  }

  /** Newest seal to publish. */
  get news(): Seal | undefined {
    return this.composer.state.news;
  }

  /**
   * Compares the record with a seal that was stored elsewhere, and begins a new part if the record does not contain it.
   * @param holder store of the seal, for messages
   */
  async recall(seal: Seal, holder: string): Promise<void> {
    if (seal.record !== this.name || seal.subgraph !== this.subgraph || !this.keys.isGenuine(seal)) return;
    if (seal.number < (await firstNumber(this.path)) || (await hashAt(this.path, seal.number)) === seal.hash) return;
    if (this.closed) return;
    const what = `${holder} holds seal number ${seal.number} of ${seal.at}, which the record does not contain: the record was truncated or rewritten`;
    this.breach = { file: basename(this.path), line: 0, what };
    this.writing ??= this.write();
    await this.writing;
  }

  /** Whether a configured key of its subgraph signed the seal of another record. */
  isGenuine(seal: Seal): boolean {
    return this.keys.isGenuine(seal);
  }

  /**
   * Resolves once the entry is on disk. Rejects an attempt without reserved space for the line of its change.
   * @param isAfterChange whether the request already made a change; always true for the line of a change itself
   * @throws RecordUnavailableError
   */
  async append(
    who: Principal | null,
    origin: Origin | null,
    what: Happening,
    isAfterChange = what.kind === 'change',
  ): Promise<void> {
    if (what.kind === 'attempt' && !this.reserve.isFilled) await this.fillReserve();
    if (this.waiting.length >= MAX_WAITING && !isAfterChange) throw new RecordUnavailableError();
    const written = new Promise<void>((done, failed) =>
      this.waiting.push({ who, origin, what, isAfterChange, done, failed }),
    );
    this.writing ??= this.write();
    await written;
  }

  private async fillReserve(): Promise<void> {
    try {
      await this.reserve.fill();
    } catch (error) {
      this.failed(error as Error);
      throw new RecordUnavailableError();
    }
  }

  /** Reason why the record is not writable, for operators; undefined if it is. Retries after a failure. */
  async notReady(): Promise<string | undefined> {
    if (this.closed) return 'the record is closed';
    await this.fillReserve().catch(() => {});
    if (this.reserve.isFilled && (this.failure || this.owed.length > 0)) {
      this.isSealing = true;
      this.writing ??= this.write();
      await this.writing;
    }
    const code = (this.failure as NodeJS.ErrnoException | undefined)?.code;
    return this.failure && `the record in ${dirname(this.path)} cannot be written${code ? ` (${code})` : ''}`;
  }

  /** Matching entries, newest first, of this process and of others that share its folder. */
  search(criteria: SearchCriteria, span: Span): Promise<SearchHit[]> {
    return this.searching.find(criteria, span);
  }

  private async write(): Promise<void> {
    // batches all entries of this turn of the event loop
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0 || this.isSealing || this.breach) {
      const batch = [...this.owed, ...this.waiting];
      this.owed = [];
      this.waiting = [];
      const isSealing = this.isSealing;
      this.isSealing = false;
      try {
        await this.writeLines(batch, isSealing);
        this.succeeded();
        this.counts.written += batch.length;
        for (const { done } of batch) done();
      } catch (error) {
        this.failed(error as Error);
        for (const waiting of batch) if (!waiting.isAfterChange) waiting.failed(new RecordUnavailableError());
        await this.writeReserved(batch.filter((waiting) => waiting.isAfterChange));
        // the next write begins the part
        if (this.waiting.length === 0 && !this.isSealing) break;
      }
      if (this.size >= this.putAwayAt) await this.putAway();
    }
    // synchronously, so that an entry added after the last check does not wait for a write that has ended
    this.writing = undefined;
    this.sealInTime();
  }

  /** Seals the record after a pause in writing. */
  private sealInTime(): void {
    if (this.sealTimer || this.closed || this.composer.state.unsealed === 0) return;
    this.sealTimer = setTimeout(() => {
      this.sealTimer = undefined;
      this.sealNow();
    }, SEAL_MS).unref();
  }

  private sealNow(): void {
    if (this.closed || this.composer.state.unsealed === 0) return;
    this.isSealing = true;
    this.writing ??= this.write();
  }

  /** Writes entries of committed changes to the reserved space. */
  private async writeReserved(batch: readonly Waiting[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      await this.reserve.spend();
      await this.writeLines(batch, false);
      this.counts.written += batch.length;
      for (const { done } of batch) done();
    } catch (error) {
      this.failed(error as Error);
      this.owed = batch.filter(({ what }) => what.kind === 'change');
      for (const { failed } of batch) failed(new RecordUnavailableError(true));
    }
  }

  /** Writes lines to disk, all or nothing. */
  private async writeLines(batch: readonly Waiting[], isSealing: boolean): Promise<void> {
    if (!this.file || this.breach) await this.beginFile();
    const before = this.composer.state;
    const lines = batch.flatMap(({ who, origin, what }) => this.composer.lines(who, origin, what));
    if (isSealing || (lines.length > 0 && this.isRetired())) lines.push(this.composer.seal());
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.join(''));
    const file = this.file!;
    try {
      await file.appendFile(bytes);
      await file.datasync();
      this.size += bytes.length;
    } catch (error) {
      // restores the state before this write
      this.composer.restore(before);
      await file.truncate(this.size).catch(() => {});
      throw error;
    }
    this.noteSeal(before.seal);
  }

  /** Logs a new seal. A copy of its hash outside of the record reveals truncation. */
  private noteSeal(before: Seal | undefined): void {
    const { seal } = this.composer.state;
    if (!seal || seal === before) return;
    this.counts.sealedAt = Date.now() / 1_000;
    this.log.info({ record: seal.record, number: seal.number, hash: seal.hash }, 'sealed the record');
  }

  /** Begins a new file with a seal; the previous file becomes a part. */
  private async beginFile(): Promise<void> {
    const before = this.composer.state;
    const { breach } = this;
    const isFile = !(await isDevice(this.path));
    const next = isFile ? nextPath(this.path) : this.path;
    let file: FileHandle | undefined;
    try {
      const text = Buffer.from(this.composer.beginFile(breach));
      if (isFile) await rm(next, { force: true });
      file = await open(next, 'a', 0o600);
      await file.appendFile(text);
      await file.datasync();
      if (isFile) await this.replaceFile(breach ? this.freeFirst(before.first) : before.first);
      this.size = text.length;
    } catch (error) {
      this.composer.restore(before);
      await file?.close();
      if (isFile) await rm(next, { force: true }).catch(() => {});
      throw error;
    }
    await this.file?.close();
    this.file = file;
    this.breach = undefined;
    this.putAwayAt = this.partBytes;
    this.noteSeal(before.seal);
    if (breach) this.reportBreach(breach);
  }

  private async replaceFile(first: number): Promise<void> {
    if (existsSync(this.path)) await rename(this.path, partPath(this.path, first));
    await rename(nextPath(this.path), this.path);
    await syncFolder(dirname(this.path));
  }

  /** An unused part number, for a broken file whose first number is unreliable. */
  private freeFirst(first: number): number {
    let free = Math.max(1, first);
    while (existsSync(partPath(this.path, free))) free += 1;
    return free;
  }

  private reportBreach(breach: Breach): void {
    this.counts.breaches += 1;
    this.log.error(
      { record: this.name, ...breach },
      'record was changed; continuing in a new part that says so; run `ordergraph audit verify`',
    );
  }

  private failed(error: Error): void {
    this.counts.failures += 1;
    if (!this.failure)
      this.log.error({ err: error }, 'record cannot be written; rejecting requests that must be recorded');
    this.failure = error;
  }

  private succeeded(): void {
    if (!this.reserve.isFilled || !this.failure) return;
    this.failure = undefined;
    this.log.info('record can be written again');
  }

  /** Seals the file, turns it into a part, and begins a new file. */
  private async putAway(): Promise<void> {
    try {
      if (this.composer.state.unsealed > 0) await this.writeLines([], true);
      await this.beginFile();
      void this.searching.prepare();
    } catch (error) {
      this.log.error({ err: error }, 'could not begin a new part of the record; continuing in the same file');
      this.putAwayAt = this.size + this.partBytes;
    }
  }

  /** Writes waiting entries and seals the record. Safe to call repeatedly. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    clearTimeout(this.sealTimer);
    clearInterval(this.keyTimer);
    while (this.writing) await this.writing;
    try {
      // the next start finds unrecorded changes in the database
      if (this.owed.length > 0) await this.writeLines(this.owed, false);
      if (this.composer.state.unsealed > 0) await this.writeLines([], true);
      this.composer.end();
    } catch (error) {
      this.log.error({ err: error }, 'could not seal the record at shutdown');
    }
    await this.searching.close();
    await this.file?.close();
    this.lock?.release();
  }
}

/** State from which the composer continues. */
function stateOf(inspection: Inspection | undefined): ConstructorParameters<typeof Composer>[3] {
  const { chain, highest = 0, breach } = inspection ?? {};
  const { number, hash, at } = chain?.standing ?? BEGINNING;
  return {
    number: breach ? highest : number,
    hash,
    at,
    first: chain?.first || number + 1,
    previous: chain?.previous ?? FIRST,
    unsealed: breach ? 0 : (chain?.unsealed ?? 0),
    unsealedAt: chain?.unsealedAt ?? '',
    seal: chain?.seal,
    news: chain?.seal,
    isNews: (chain?.unsealed ?? 0) > 0,
  };
}
