import { open } from 'node:fs/promises';
import { OperatorError } from '#base/errors';
import { pause } from '../events/abortable';
import type { Seal } from './entry';
import { parseSeal } from './seal';

/** A store for seals outside of the record, which reveals truncation and replacement of the record. */
export interface Anchor {
  /** File or URL, for messages. */
  readonly name: string;
  /** Resolves once the seal is stored. @throws Error otherwise */
  send(seal: Seal, until: AbortSignal): Promise<void>;
  /** Last stored seal of a record; undefined if the anchor has none or cannot be read. */
  last(record: string): Promise<Seal | undefined>;
}

const SEND_MS = 5_000;
const MAX_TRIES = 3;
const RETRY_MS = 500;
/** Bytes at the end of an anchor file to search for the last seal of a record. */
const TAIL_BYTES = 1024 * 1024;

/** @param place path of a file, or http or https URL @throws OperatorError */
export function anchorOf(place: string): Anchor {
  if (/^https?:\/\//.test(place)) {
    if (!URL.canParse(place))
      throw new OperatorError(
        `ORDERGRAPH_AUDIT_ANCHOR is not a URL: "${place}"`,
        'Set it to https://host/path, or to the path of a file',
      );
    return new UrlAnchor(place);
  }
  return new FileAnchor(place);
}

/** An append-only file of seals, one per line. Several processes may share it. */
class FileAnchor implements Anchor {
  constructor(readonly name: string) {}

  async send(seal: Seal): Promise<void> {
    const file = await open(this.name, 'a', 0o600);
    try {
      await file.appendFile(`${JSON.stringify(seal)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  async last(record: string): Promise<Seal | undefined> {
    const file = await open(this.name, 'r').catch(() => undefined);
    if (!file) return undefined;
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      const seals = buffer.toString('utf8', 0, bytesRead).split('\n').map(parseSeal);
      return seals.findLast((seal) => seal?.record === record);
    } finally {
      await file.close();
    }
  }
}

/** A service that receives seals by POST. */
class UrlAnchor implements Anchor {
  constructor(readonly name: string) {}

  async send(seal: Seal, until: AbortSignal): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.post(seal, until);
      } catch (error) {
        if (tries >= MAX_TRIES || until.aborted) throw error;
        await pause(RETRY_MS * 2 ** tries, until);
      }
    }
  }

  private async post(seal: Seal, until: AbortSignal): Promise<void> {
    const response = await fetch(this.name, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(seal),
      redirect: 'error',
      signal: AbortSignal.any([until, AbortSignal.timeout(SEND_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the anchor responded with status ${response.status}`);
  }

  async last(): Promise<undefined> {
    return undefined;
  }
}
