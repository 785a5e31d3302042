import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Database } from '#kit/database/database';
import { kept, record } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';

/** Part of a text that is too long for one column: compressed, and in base 64. Texts have their digests as ids, and are never changed. */
@record('schema_text_part', { index: [['digest']] })
export class SchemaTextPart {
  @kept({ primary: true, length: 80 }) id!: string;
  @kept({ length: 64 }) digest!: string;
  @kept({ type: 'int' }) place!: number;
  @kept({ type: 'text' }) data!: string;
  /** Time at which it was last stored: what was stored lately is not swept, since its user may not be committed yet. */
  @kept({ length: 24 }) storedAt!: string;
  @kept({ type: 'boolean' }) exercise!: boolean;
}

const MAX_CHARACTERS = 60_000;
/** Maximum bytes of a text, so that no stored one can fill the memory. */
const MAX_BYTES = 64 * 1024 * 1024;
const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** SHA-256 in hexadecimal. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Stores a text. @param now instant of the change @returns its digest */
export async function storeText(database: Database, text: string, now: string): Promise<string> {
  const digest = digestOf(text);
  await database.upsert(SchemaTextPart, partsOf(digest, await compress(text), now));
  return digest;
}

/** A text as rows. @param data the compressed text */
export function partsOf(digest: string, data: Buffer, storedAt: string, exercise = false): SchemaTextPart[] {
  const text = data.toString('base64');
  return Array.from({ length: Math.ceil(text.length / MAX_CHARACTERS) }, (_, place) =>
    Object.assign(new SchemaTextPart(), {
      ...{ id: `${digest}-${place}`, digest, place, storedAt, exercise },
      data: text.slice(place * MAX_CHARACTERS, (place + 1) * MAX_CHARACTERS),
    }),
  );
}

/** A stored text. @throws Error if it is missing, or is not what its digest says */
export async function storedText(database: Database, digest: string): Promise<string> {
  const parts = (await database.findBy(SchemaTextPart, 'digest', [digest])).sort((a, b) => a.place - b.place);
  const data = Buffer.from(parts.map((part) => part.data).join(''), 'base64');
  const text = data.length > 0 ? (await decompress(data, { maxOutputLength: MAX_BYTES })).toString() : '';
  if (digestOf(text) !== digest) throw new Error(`The text ${digest} of the registry is missing or was changed`);
  return text;
}

/** Texts that requests are reading: one after another, so that those beyond the limit of an answer are never unpacked. */
const reading = new WeakMap<Context, Promise<unknown>>();

/** A stored text as a field of an answer, read once for each request. @throws RequestError if the answer has too much text */
export async function shownText(context: Context, digest: string): Promise<string> {
  const text = await context.loaders.once(SchemaTextPart, digest, () => {
    const read = (reading.get(context) ?? Promise.resolve()).then(async () => {
      const stored = await storedText(context.database, digest);
      context.work.showText(stored);
      return stored;
    });
    reading.set(
      context,
      read.catch(() => {}),
    );
    return read;
  });
  context.work.showText(text);
  return text;
}
