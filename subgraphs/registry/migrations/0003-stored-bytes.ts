import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0003-stored-bytes',
  mysql: [
    "ALTER TABLE `saved_question` ADD `stored_bytes` int NOT NULL DEFAULT '0'",
    `UPDATE saved_question SET stored_bytes = LENGTH(COALESCE(description, '')) + (
       SELECT SUM(500 + LENGTH(operation) + LENGTH(variables) + LENGTH(COALESCE(note, ''))) FROM saved_question_version
       WHERE question_id = saved_question.id)`,
  ],
  sqlite: [
    'ALTER TABLE "saved_question" ADD COLUMN "stored_bytes" integer NOT NULL DEFAULT (0)',
    // in SQLite, the length of a text is in characters
    `UPDATE saved_question SET stored_bytes = LENGTH(CAST(COALESCE(description, '') AS BLOB)) + (
       SELECT SUM(500 + LENGTH(CAST(operation AS BLOB)) + LENGTH(CAST(variables AS BLOB)) + LENGTH(CAST(COALESCE(note, '') AS BLOB)))
       FROM saved_question_version WHERE question_id = saved_question.id)`,
  ],
};
