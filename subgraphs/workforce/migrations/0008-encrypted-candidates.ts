import type { Migration } from '#kit/database/migrations';

/** Columns that hold encrypted text from now on. What they have is encrypted when the database is opened. */
const COLUMNS = {
  candidate: ['name', 'email', 'phone', 'resume_ref'],
  application: ['veterans_preference', 'assessment_score'],
};

const each = (statements: (table: string, column: string) => readonly string[]): string[] =>
  Object.entries(COLUMNS).flatMap(([table, columns]) => columns.flatMap((column) => statements(table, column)));

export const migration: Migration = {
  name: '0008-encrypted-candidates',
  mysql: [
    'CREATE TABLE `person_key` (`person_id` varchar(30) NOT NULL, `key_id` varchar(60) NOT NULL, `wrapped` varchar(120) NOT NULL, `exercise` tinyint NOT NULL, INDEX `IDX_cd12fcea77662bee82861571f6` (`key_id`, `person_id`), PRIMARY KEY (`person_id`)) ENGINE=InnoDB',
    ...each((table, column) => [`ALTER TABLE \`${table}\` CHANGE \`${column}\` \`${column}\` text NULL`]),
  ],
  sqlite: [
    'CREATE TABLE "person_key" ("person_id" varchar(30) PRIMARY KEY NOT NULL, "key_id" varchar(60) NOT NULL, "wrapped" varchar(120) NOT NULL, "exercise" boolean NOT NULL)',
    'CREATE INDEX "IDX_cd12fcea77662bee82861571f6" ON "person_key" ("key_id", "person_id")',
    // SQLite cannot change the type of a column
    ...each((table, column) => [
      `ALTER TABLE "${table}" RENAME COLUMN "${column}" TO "old_${column}"`,
      `ALTER TABLE "${table}" ADD COLUMN "${column}" text`,
      `UPDATE "${table}" SET "${column}" = "old_${column}"`,
      `ALTER TABLE "${table}" DROP COLUMN "old_${column}"`,
    ]),
  ],
};
