import { type KeyObject, sign } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import type { Clock } from '../clock';
import { OperatorError, RequestError } from '../errors';
import type { Principal } from '../identity/principal';
import { signingKeyOf } from '../identity/signed-identity';
import { type Entry, FIRST, type Happening, hashOf, type Origin, sealText } from './entry';
import { filesOfRecord, partPath } from './parts';
import { Reserve } from './reserve';
import { type Found, type Sought, type Span, searchRecords } from './search';
import { type Attempt, unsettledAttempts } from './unsettled';

/** Most entries that wait to be written; more are refused, and so is what they are about. */
const MOST_WAITING = 10_000;
/** Entries after which the record is sealed by a signature. */
const SEALED_EVERY = 1_000;

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
 * The record of one subgraph process: a file of JSON lines, each with the hash of the one before, sealed by a signature now and then.
 * What waits is written together and reaches the disk before anybody is answered. Long files are put away in parts; a part after the
 * first begins with a signature of what came before it, and so can be verified when that has been removed.
 */
export class AuditLog {
  /** For operators; what was written before this process is not counted. */
  readonly counts = {
    written: 0,
    failures: 0,
    /** Unix time of the last seal in seconds; 0 before the first one. */
    sealedAt: 0,
    waiting: (): number => this.waiting.length,
  };
  private waiting: Waiting[] = [];
  /** Lines of committed changes that could not be written; the next write begins with them. */
  private owed: Waiting[] = [];
  /** Why the last write failed. */
  private failure: Error | undefined;
  /** Whether the next write is to seal the record, to see whether it can be written. */
  private isProbing = false;
  private writing: Promise<void> | undefined;
  private sinceSeal = 0;
  private closed: Promise<void> | undefined;
  private putAwayAt: number;

  private constructor(
    private readonly path: string,
    private readonly subgraph: string,
    private file: FileHandle,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly key: { readonly secret: KeyObject; readonly id: string },
    /** Bytes of the file that are whole lines. */
    private size: number,
    /** Number of the first entry of the file. */
    private first: number,
    private number: number,
    private before: string,
    private lastAt: string,
    private readonly lock: FileLock | undefined,
    private readonly partBytes: number,
    private readonly reserve: Reserve,
    /** Attempts of the process before, of which the record does not say what came of them. */
    readonly unsettled: readonly Attempt[],
  ) {
    this.putAwayAt = partBytes;
  }

  /** Goes on with a file, or begins it; a line that a crash cut off is taken away. @throws OperatorError */
  static async open(
    path: string,
    subgraph: string,
    key: JWK,
    clock: Clock,
    log: Logger,
    lock?: FileLock,
    partBytes = PART_BYTES,
  ): Promise<AuditLog> {
    const sealing = signingKeyOf(key);
    try {
      mkdirSync(dirname(path), { recursive: true });
      const file = await open(path, 'a+', 0o600);
      const { text, size } = await lastLine(file);
      // without one, it was put away and the new one not begun
      const last = text === undefined ? await lastPutAway(path) : (JSON.parse(text) as Entry);
      if ((await file.stat()).size > size) await file.truncate(size);
      const { number = 0, hash = FIRST, at = '' } = last ?? {};
      const first = text === undefined ? number + 1 : await firstNumber(file);
      const isFile = (await file.stat()).isFile();
      const reserve = new Reserve(`${path}.reserve`, isFile);
      const unsettled = isFile ? await unsettledAttempts(filesOfRecord(path)) : [];
      const audit = new AuditLog(
        ...([path, subgraph, file, clock, log, sealing, size, first, number, hash, at, lock, partBytes] as const),
        ...([reserve, unsettled] as const),
      );
      // readiness reports it, and changes are refused, until there is space
      await reserve.fill().catch((error) => audit.failed(error));
      return audit;
    } catch (error) {
      throw new OperatorError(
        `The record of reads cannot be kept in "${path}": ${(error as Error).message}`,
        'Name a folder that can be written to by ORDERGRAPH_AUDIT; `ordergraph audit verify` says what is wrong with a file',
      );
    }
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
    if (this.waiting.length >= MOST_WAITING && !isAfterChange) throw new RecordUnavailableError();
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
      this.isProbing = true;
      this.writing ??= this.write();
      await this.writing;
    }
    const code = (this.failure as NodeJS.ErrnoException | undefined)?.code;
    return this.failure && `the record in ${dirname(this.path)} cannot be written${code ? ` (${code})` : ''}`;
  }

  /** The entries of a span that fit, newest first, of this process and of those that share its folder. */
  search(sought: Sought, span: Span): Promise<Found[]> {
    return searchRecords(dirname(this.path), this.subgraph, sought, span);
  }

  private async write(): Promise<void> {
    // whatever comes in this turn of the loop goes together
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0 || this.isProbing) {
      const batch = [...this.owed, ...this.waiting];
      this.owed = [];
      this.waiting = [];
      const isProbe = this.isProbing;
      this.isProbing = false;
      try {
        await this.writeLines(batch, isProbe);
        this.succeeded();
        this.counts.written += batch.length;
        for (const { done } of batch) done();
      } catch (error) {
        this.failed(error as Error);
        for (const one of batch) if (!one.isAfterChange) one.failed(new RecordUnavailableError());
        await this.writeReserved(batch.filter((one) => one.isAfterChange));
      }
      if (this.size >= this.putAwayAt) await this.putAway();
    }
    // at once: who comes after the last look must not wait for a write that has ended
    this.writing = undefined;
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
  private async writeLines(batch: readonly Waiting[], isProbe: boolean): Promise<void> {
    const { number, before, lastAt, sinceSeal } = this;
    const lines = batch.map(({ who, origin, what }) => this.line(who, origin, what));
    if (isProbe || this.sinceSeal >= SEALED_EVERY) lines.push(this.seal());
    const bytes = Buffer.from(lines.join(''));
    try {
      await this.file.appendFile(bytes);
      await this.file.datasync();
      this.size += bytes.length;
    } catch (error) {
      // as if nothing of it had been begun
      Object.assign(this, { number, before, lastAt, sinceSeal });
      await this.file.truncate(this.size).catch(() => {});
      throw error;
    }
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
      await this.addSeal();
      const full = this.file;
      await rename(this.path, partPath(this.path, this.first));
      this.file = await open(this.path, 'a+', 0o600);
      await full.close();
      this.size = 0;
      this.first = this.number + 1;
      this.putAwayAt = this.partBytes;
      await this.addSeal();
      await syncFolder(dirname(this.path));
    } catch (error) {
      this.log.error({ err: error }, 'the record of reads could not be put away; it goes on in the same file');
      this.putAwayAt = this.size + this.partBytes;
    }
  }

  private addSeal(): Promise<void> {
    return this.writeLines([], true);
  }

  private line(who: Principal | null, origin: Origin | null, what: Happening): string {
    const now = this.clock.now().toISOString();
    // a clock that is set back does not set back the record
    this.lastAt = now > this.lastAt ? now : this.lastAt;
    this.number += 1;
    this.sinceSeal += 1;
    const shown = who && { ...who, scopes: undefined };
    const entry = {
      number: this.number,
      at: this.lastAt,
      subgraph: this.subgraph,
      who: shown,
      origin,
      before: this.before,
      ...what,
    } as Omit<Entry, 'hash'>;
    this.before = hashOf(entry);
    return `${JSON.stringify({ ...entry, hash: this.before })}\n`;
  }

  private seal(): string {
    this.sinceSeal = 0;
    const signature = sign(null, sealText(this.subgraph, this.number + 1, this.before), this.key.secret);
    const line = this.line(null, null, {
      kind: 'checkpoint',
      signature: signature.toString('base64url'),
      keyId: this.key.id,
    });
    this.sinceSeal = 0;
    this.counts.sealedAt = Date.now() / 1_000;
    // kept elsewhere than the record, it shows when the end of the record is taken away
    this.log.info({ number: this.number, hash: this.before }, 'the record of reads is sealed');
    return line;
  }

  /** Writes what waits, and seals it; once, however often it is asked for. */
  close(): Promise<void> {
    this.closed ??= this.end();
    return this.closed;
  }

  private async end(): Promise<void> {
    while (this.writing) await this.writing;
    try {
      // what is still owed is found in the database at the next start
      if (this.owed.length > 0) await this.writeLines(this.owed, false);
      if (this.sinceSeal > 0) await this.addSeal();
    } catch (error) {
      this.log.error({ err: error }, 'the record of reads could not be sealed at the end');
    }
    await this.file.close();
    this.lock?.release();
  }
}

/** The last entry of the parts of a record. */
async function lastPutAway(path: string): Promise<Entry | undefined> {
  const part = filesOfRecord(path)
    .filter((one) => one !== path)
    .at(-1);
  if (part === undefined) return undefined;
  const file = await open(part, 'r');
  try {
    return JSON.parse((await lastLine(file)).text!) as Entry;
  } finally {
    await file.close();
  }
}

async function firstNumber(file: FileHandle): Promise<number> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
  return Number(/^\{"number":(\d+)/.exec(buffer.toString('latin1', 0, bytesRead))?.[1] ?? 1);
}

/** So that a loss of power does not undo a change of name. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The last whole line of a file, and where it ends. */
async function lastLine(file: FileHandle): Promise<{ text: string | undefined; size: number }> {
  const { size } = await file.stat();
  let from = size;
  let tail = Buffer.alloc(0);
  while (from > 0) {
    const length = Math.min(65_536, from);
    from -= length;
    const chunk = Buffer.alloc(length);
    await file.read(chunk, 0, length, from);
    tail = Buffer.concat([chunk, tail]);
    const end = tail.lastIndexOf(0x0a);
    const start = end <= 0 ? -1 : tail.lastIndexOf(0x0a, end - 1);
    if (end >= 0 && (start >= 0 || from === 0))
      return { text: tail.subarray(start + 1, end).toString('utf8'), size: from + end + 1 };
  }
  return { text: undefined, size: 0 };
}
