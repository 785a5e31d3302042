import type { Database } from '#kit/database/database';
import { type ModelClass, modelOf } from '#kit/model/model';
import { searchedFields, type Word, wordTableOf } from '#kit/search/word-table';
import { wordsOf } from '#kit/search/words';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';

const sorted = (words: readonly Word[]): string[] =>
  words.map(({ ownerKey, field, word }) => `${ownerKey} ${field} ${word}`).sort();

/** The words that the database has of a model, and those of its rows. */
export async function comparedWords(
  database: Database,
  target: ModelClass,
): Promise<{ stored: string[]; expected: string[] }> {
  const all = async <T extends object>(type: ModelClass<T>) =>
    (await database.query(`SELECT ${database.selection(type, 't')} FROM ${database.table(type)} t`)).map((row) =>
      database.hydrate(type, row),
    );
  const rows = (await all(target)) as Record<string, string | null>[];
  const expected = rows.flatMap((row) =>
    searchedFields(target).flatMap(({ name, property }) =>
      [...wordsOf(row[property] ?? '')].map((word) => ({ ownerKey: row[modelOf(target).key]!, field: name, word })),
    ),
  );
  return { stored: sorted(await all(wordTableOf(target)!)), expected: sorted(expected) };
}

/** @throws Error if a word of a searched field is missing, or left from before a change */
export async function requireWords(open: readonly Pick<OpenSubgraph, 'database' | 'subgraph'>[]): Promise<void> {
  for (const { database, subgraph } of open)
    for (const target of subgraph.parts.entities) {
      if (!wordTableOf(target)) continue;
      const { stored, expected } = await comparedWords(database, target);
      const [right, present] = [new Set(expected), new Set(stored)];
      const wrong = [...expected.filter((word) => !present.has(word)), ...stored.filter((word) => !right.has(word))];
      if (wrong.length > 0)
        throw new Error(
          `${wrong.length} words of ${modelOf(target).name} are missing or left over, such as "${wrong[0]}"`,
        );
    }
}
