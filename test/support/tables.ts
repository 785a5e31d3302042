import { type ModelClass, modelOf } from '#kit/model/model';
import type { World } from './world';

// biome-ignore lint/suspicious/noExplicitAny: rows of all tables
type Row = any;

/** All rows of the databases of a world, by class and by name. */
export class StoredRows {
  private readonly byClass = new Map<ModelClass, readonly Row[]>();
  private readonly byName = new Map<string, readonly Row[]>();
  private readonly keyed = new Map<string, ReadonlyMap<string, Row>>();

  static async of(world: World): Promise<StoredRows> {
    const stored = new StoredRows();
    for (const { database, subgraph } of world.open)
      for (const entity of subgraph.parts.entities) {
        const rows = await database.query(`SELECT ${database.selection(entity, 't')} FROM ${database.table(entity)} t`);
        stored.add(
          entity,
          rows.map((row) => database.hydrate(entity, row)),
        );
      }
    return stored;
  }

  private add(entity: ModelClass, rows: readonly Row[]): void {
    const { name, key } = modelOf(entity);
    this.byClass.set(entity, rows);
    // several subgraphs have tables of the same name for their events
    if ((this.byName.get(name)?.length ?? 0) >= rows.length) return;
    this.byName.set(name, rows);
    this.keyed.set(name, new Map(rows.map((row) => [row[key], row])));
  }

  readonly of = (target: ModelClass): readonly Row[] => this.byClass.get(target) ?? [];
  readonly rows = (name: string): readonly Row[] => this.byName.get(name) ?? [];
  readonly byKey = (name: string, key: string): Row | undefined => this.keyed.get(name)?.get(key);
}
