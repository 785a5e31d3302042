import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import type { Work } from '#kit/mutation/work';
import type { DescribedPart } from './schema-composer';
import { SchemaCoordinate } from './schema-coordinate';
import { digestOf } from './schema-text';

/** Maximum characters of a coordinate that is listed. */
const MAX_COORDINATE = 250;
/** Maximum bytes of a description. */
const MAX_TEXT = 16_000;
const BATCH = 500;

/** Lists the parts of the supergraph that gateways serve from now on. What stays keeps the number since which it is there. */
export async function listCoordinates(
  { database, now }: Work,
  supergraph: number,
  parts: readonly DescribedPart[],
): Promise<void> {
  const before = new Map(
    (
      await database.query<{ coordinate: string; digest: string; since: number; sinceAt: string }>(
        `SELECT coordinate, digest, since, since_at AS sinceAt FROM ${database.table(SchemaCoordinate)} WHERE exercise = 0`,
      )
    ).map((row) => [row.coordinate, row]),
  );
  const changed: SchemaCoordinate[] = [];
  for (const part of parts) {
    if (part.coordinate.length > MAX_COORDINATE) continue;
    const digest = digestOf(JSON.stringify(part));
    const old = before.get(part.coordinate);
    before.delete(part.coordinate);
    if (old?.digest === digest) continue;
    const { coordinate, kind, type, owners, sensitivity, description, deprecated } = part;
    changed.push(
      Object.assign(new SchemaCoordinate(), {
        ...{ coordinate, kind, type, owners, sensitivityClass: sensitivity, digest, exercise: false },
        ...{
          description: description?.slice(0, MAX_TEXT) ?? null,
          deprecationReason: deprecated?.slice(0, MAX_TEXT) ?? null,
        },
        ...{ since: old ? Number(old.since) : supergraph, sinceAt: old?.sinceAt ?? now },
      }),
    );
  }
  await database.upsert(SchemaCoordinate, changed);
  await remove(database, [...before.keys()]);
}

async function remove(database: Database, coordinates: readonly string[]): Promise<void> {
  for (let start = 0; start < coordinates.length; start += BATCH) {
    const batch = coordinates.slice(start, start + BATCH);
    await database.query(
      `DELETE FROM ${database.table(SchemaCoordinate)} WHERE coordinate IN (${marks(batch)})`,
      batch,
    );
  }
}
