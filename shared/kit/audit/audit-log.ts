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
import { type SealingKey, type SealKeySource, SealKeys, sealingKeyOf, sealKeyOf } from './seal';
import { type Found, RecordSearch, type Sought, type Span } from './search';
import { type Attempt, unsettledAttempts } from './unsettled';

/** Most entries that wait to be written; more are refused, and so is what they are about. */
const MAX_WAITING = 10_000;

/** Bytes after which what was written is put away as a part, and a new file begun. */
const PART_BYTES = 32 * 1024 * 1024;

/** The record cannot be written, so what it is about is refused. */
export class RecordUnavailableError extends RequestError {
  /** @param isAfterChange whether the request had changed something before. */
  constructor(isAfterChange = false) {
    super(
      'RECORD_UNAVAILABLE',
      isAfterChange
        ? 'The change was made, but the record cannot be written at the moment, so its result is not returned; send it again with the same idempotency key'
        : 'Access to this is recorded, and the record cannot be written at the moment; try again',
      [],
      { retryable: true },
    );
  }
}

/** That no other process writes the file, until it is released. */
export interface FileLock {
  release(): void;
}

export interface AuditLogOptions {
  readonly lock?: FileLock;
  /** Bytes after which a file is put away as a part. */
  readonly partBytes?: number;
  /** Public keys of all subgraphs, and of those who sealed the record before, beside that of the process's own key. */
  readonly keys?: SealKeySource;
}

interface Waiting {
  readonly who: Principal | null;
  readonly origin: Origin | null;
  readonly what: Happening;
  /** Whether it follows a change that is committed, and so may use the reserved space. */
  readonly isAfterChange: boolean;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * The record of one subgraph process: a file of JSON lines, each with the hash of the one before, sealed by signatures at bounded
 * intervals. What waits is written together and reaches the disk before anybody is answered. Long files are put away in parts, each
 * of which begins and ends with a seal. A record that is not intact is gone on with in a new part that says so.
 */
export class AuditLog {
  /** For operators; what was written before this process is not counted. */
  readonly counts = {
    written: 0,
    failures: 0,
    /** Parts that were begun because the record before them was not intact. */
    breaches: 0,
    /** Unix time of the last seal in seconds; 0 before the first one. */
    sealedAt: 0,
    waiting: (): number => this.waiting.length,
  };
  private waiting: Waiting[] = [];
  /** Lines of committed changes that could not be written; the next write begins with them. */
  private owed: Waiting[] = [];
  /** Why the last write failed. */
  private failure: Error | undefined;
  /** Whether the next write is to seal the record: because it is time, or to see whether it can be written. */
  private isSealing = false;
  private sealTimer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private closed: Promise<void> | undefined;
  /** The file that is written; undefined until it can be begun. */
  private file: FileHandle | undefined;
  /** Bytes of the file that are whole lines. */
  private size = 0;
  private putAwayAt: number;
  private readonly searching: RecordSearch;

  private constructor(
    private readonly path: string,
    private readonly subgraph: string,
    private readonly log: Logger,
    private readonly lock: FileLock | undefined,
    private readonly partBytes: number,
    private readonly keys: SealKeys,
    key: SealingKey,
    private readonly composer: Composer,
    private readonly reserve: Reserve,
    /** Why the next write begins a part. */
    private breach: Breach | undefined,
    /** Attempts of the process before, of which the record does not say what came of them. */
    readonly unsettled: readonly Attempt[],
  ) {
    this.putAwayAt = partBytes;
    this.searching = new RecordSearch(dirname(path), subgraph, key, log);
  }

  /**
   * Goes on with a record, or begins it; a line that a crash cut off is taken away. Looks at the whole file that is written and at both
   * ends of each part, and begins a part that says so when they are not intact.
   * @throws OperatorError
   */
  static async open(
    path: string,
    subgraph: string,
    jwk: JWK,
    clock: Clock,
    log: Logger,
    { lock, partBytes = PART_BYTES, keys }: AuditLogOptions = {},
  ): Promise<AuditLog> {
    const key = sealingKeyOf(jwk);
    const sealKeys = new SealKeys([sealKeyOf(jwk, subgraph)], keys);
    try {
      mkdirSync(dirname(path), { recursive: true });
      const device = await isDevice(path);
      const found = device ? undefined : await inspect(path, subgraph, key, sealKeys);
      const unsettled = device ? [] : await unsettledAttempts(filesOfRecord(path));
      const owner = { record: recordName(path), subgraph, instance: found?.chain.instance ?? randomUUID() };
      const audit = new AuditLog(
        ...([path, subgraph, log, lock, partBytes, sealKeys, key] as const),
        new Composer(owner, key, clock, stateOf(found)),
        new Reserve(reservePath(path), !device),
        found?.breach,
        unsettled,
      );
      await audit.goOn(found);
      return audit;
    } catch (error) {
      if (error instanceof OperatorError) throw error;
      throw new OperatorError(
        `The record of reads cannot be kept in "${path}": ${(error as Error).message}`,
        'Name a folder that can be written to by ORDERGRAPH_AUDIT; `ordergraph audit verify` says what is wrong with a file',
      );
    }
  }

  /** Opens what is there, and writes the seal that it needs. Readiness reports it when that fails, and changes are refused. */
  private async goOn(found: Inspection | undefined): Promise<void> {
    if (found?.size && !found.breach) {
      this.file = await open(this.path, 'a', 0o600);
      this.size = found.size;
      if ((await this.file.stat()).size > found.size) await this.file.truncate(found.size);
    }
    try {
      if (!this.file || this.composer.state.unsealed > 0) await this.writeLines([], this.file !== undefined);
      await this.reserve.fill();
    } catch (error) {
      this.failed(error as Error);
    }
  }

  /** Its name among the records of its folder. */
  get name(): string {
    return recordName(this.path);
  }

  /** The newest seal that others should know. */
  get news(): Seal | undefined {
    return this.composer.state.news;
  }

  /**
   * Compares the record with a seal of it that is kept elsewhere; begins a part that says so when the record does not contain it.
   * @param holder who kept it, in words
   */
  async recall(seal: Seal, holder: string): Promise<void> {
    if (seal.record !== this.name || seal.subgraph !== this.subgraph || !this.keys.isGenuine(seal)) return;
    if (seal.number < (await firstNumber(this.path)) || (await hashAt(this.path, seal.number)) === seal.hash) return;
    if (this.closed) return;
    const what = `${holder} holds its seal of ${seal.at}, number ${seal.number}, which it does not contain: its end was cut off, or it was written anew`;
    this.breach = { file: basename(this.path), line: 0, what };
    this.writing ??= this.write();
    await this.writing;
  }

  /** Whether a key of its subgraph, which this process knows, signed a seal of another record. */
  isGenuine(seal: Seal): boolean {
    return this.keys.isGenuine(seal);
  }

  /**
   * Resolves when it is on the disk. An attempt is refused unless there is reserved space for the line of its change.
   * @param isAfterChange whether the request has changed something; the line of a change always does.
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

  /** Why the record cannot be written, in words for operators; undefined when it can. After a failure, tries again. */
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

  /** The entries of a span that fit, newest first, of this process and of those that share its folder. */
  search(sought: Sought, span: Span): Promise<Found[]> {
    return this.searching.find(sought, span);
  }

  private async write(): Promise<void> {
    // whatever comes in this turn of the loop goes together
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
        for (const one of batch) if (!one.isAfterChange) one.failed(new RecordUnavailableError());
        await this.writeReserved(batch.filter((one) => one.isAfterChange));
        // the part is begun by the next write
        if (this.waiting.length === 0 && !this.isSealing) break;
      }
      if (this.size >= this.putAwayAt) await this.putAway();
    }
    // at once: who comes after the last look must not wait for a write that has ended
    this.writing = undefined;
    this.sealInTime();
  }

  /** Seals what was written when nothing else is for a while. */
  private sealInTime(): void {
    if (this.sealTimer || this.closed || this.composer.state.unsealed === 0) return;
    this.sealTimer = setTimeout(() => {
      this.sealTimer = undefined;
      if (this.closed || this.composer.state.unsealed === 0) return;
      this.isSealing = true;
      this.writing ??= this.write();
    }, SEAL_MS).unref();
  }

  /** Writes what follows committed changes in the space that was reserved for it. */
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

  /** Writes lines to the disk, all or none. */
  private async writeLines(batch: readonly Waiting[], isSealing: boolean): Promise<void> {
    if (!this.file || this.breach) await this.beginFile();
    const before = this.composer.state;
    const lines = batch.flatMap(({ who, origin, what }) => this.composer.lines(who, origin, what));
    if (isSealing) lines.push(this.composer.seal());
    if (lines.length === 0) return;
    const bytes = Buffer.from(lines.join(''));
    const file = this.file!;
    try {
      await file.appendFile(bytes);
      await file.datasync();
      this.size += bytes.length;
    } catch (error) {
      // as if nothing of it had been begun
      this.composer.restore(before);
      await file.truncate(this.size).catch(() => {});
      throw error;
    }
    this.noteSeal(before.seal);
  }

  /** Reports a new seal. Kept elsewhere than the record, its hash shows when the end of the record is taken away. */
  private noteSeal(before: Seal | undefined): void {
    const { seal } = this.composer.state;
    if (!seal || seal === before) return;
    this.counts.sealedAt = Date.now() / 1_000;
    this.log.info({ record: seal.record, number: seal.number, hash: seal.hash }, 'sealed the record');
  }

  /** Begins a file with a seal; what was written before becomes a part. */
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

  /** A number that no part has yet, for a broken file whose own first number says nothing. */
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
    if (!this.failure) this.log.error({ err: error }, 'record cannot be written; refusing what has to be recorded');
    this.failure = error;
  }

  private succeeded(): void {
    if (!this.reserve.isFilled || !this.failure) return;
    this.failure = undefined;
    this.log.info('record can be written again');
  }

  /** Seals the file, puts it away as a part, and begins a new one. */
  private async putAway(): Promise<void> {
    try {
      if (this.composer.state.unsealed > 0) await this.writeLines([], true);
      await this.beginFile();
      this.searching.partWasPutAway(this.path);
    } catch (error) {
      this.log.error({ err: error }, 'the record of reads could not be put away; it goes on in the same file');
      this.putAwayAt = this.size + this.partBytes;
    }
  }

  /** Writes what waits, and seals it; once, however often it is asked for. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    clearTimeout(this.sealTimer);
    while (this.writing) await this.writing;
    try {
      // what is still owed is found in the database at the next start
      if (this.owed.length > 0) await this.writeLines(this.owed, false);
      if (this.composer.state.unsealed > 0) await this.writeLines([], true);
      this.composer.end();
    } catch (error) {
      this.log.error({ err: error }, 'the record of reads could not be sealed at the end');
    }
    await this.searching.close();
    await this.file?.close();
    this.lock?.release();
  }
}

/** What the next line follows. */
function stateOf(found: Inspection | undefined): ConstructorParameters<typeof Composer>[3] {
  const { chain, highest = 0, breach } = found ?? {};
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
