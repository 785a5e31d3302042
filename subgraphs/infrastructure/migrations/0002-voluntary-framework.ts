import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0002-voluntary-framework',
  mysql: [
    'CREATE TABLE `outbox` (`position` int NOT NULL AUTO_INCREMENT, `id` varchar(40) NOT NULL, `type` varchar(100) NOT NULL, `version` int NOT NULL, `subject` varchar(60) NOT NULL, `sequence` int NOT NULL, `occurred_at` varchar(24) NOT NULL, `data` text NOT NULL, `published_at` varchar(24) NULL, UNIQUE INDEX `IDX_cd6828530b5c4848072daaf5b8` (`subject`, `sequence`), INDEX `IDX_ea2faa56ddc3e61517ceab18a9` (`published_at`, `position`), PRIMARY KEY (`position`)) ENGINE=InnoDB',
    'CREATE TABLE `inbox_cursor` (`id` varchar(125) NOT NULL, `sequence` int NOT NULL, `received_at` varchar(24) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'CREATE TABLE `inbox_rejected` (`id` varchar(40) NOT NULL, `received_at` varchar(24) NOT NULL, `reason` text NOT NULL, `event` text NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'CREATE TABLE `lease` (`name` varchar(60) NOT NULL, `holder` varchar(60) NOT NULL, `until` bigint NOT NULL, PRIMARY KEY (`name`)) ENGINE=InnoDB',
    'CREATE TABLE `event_bus` (`name` varchar(60) NOT NULL, `life` varchar(60) NOT NULL, PRIMARY KEY (`name`)) ENGINE=InnoDB',
    'CREATE TABLE `idempotency_key` (`id` varchar(220) NOT NULL, `digest` varchar(64) NOT NULL, `result_key` varchar(60) NOT NULL, `created_at` varchar(24) NOT NULL, INDEX `IDX_72d9c713a563e6e92176fe0e44` (`created_at`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
  ],
  sqlite: [
    'CREATE TABLE "outbox" ("position" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "id" varchar(40) NOT NULL, "type" varchar(100) NOT NULL, "version" integer NOT NULL, "subject" varchar(60) NOT NULL, "sequence" integer NOT NULL, "occurred_at" varchar(24) NOT NULL, "data" text NOT NULL, "published_at" varchar(24))',
    'CREATE UNIQUE INDEX "IDX_cd6828530b5c4848072daaf5b8" ON "outbox" ("subject", "sequence")',
    'CREATE INDEX "IDX_ea2faa56ddc3e61517ceab18a9" ON "outbox" ("published_at", "position")',
    'CREATE TABLE "inbox_cursor" ("id" varchar(125) PRIMARY KEY NOT NULL, "sequence" integer NOT NULL, "received_at" varchar(24) NOT NULL)',
    'CREATE TABLE "inbox_rejected" ("id" varchar(40) PRIMARY KEY NOT NULL, "received_at" varchar(24) NOT NULL, "reason" text NOT NULL, "event" text NOT NULL)',
    'CREATE TABLE "lease" ("name" varchar(60) PRIMARY KEY NOT NULL, "holder" varchar(60) NOT NULL, "until" bigint NOT NULL)',
    'CREATE TABLE "event_bus" ("name" varchar(60) PRIMARY KEY NOT NULL, "life" varchar(60) NOT NULL)',
    'CREATE TABLE "idempotency_key" ("id" varchar(220) PRIMARY KEY NOT NULL, "digest" varchar(64) NOT NULL, "result_key" varchar(60) NOT NULL, "created_at" varchar(24) NOT NULL)',
    'CREATE INDEX "IDX_72d9c713a563e6e92176fe0e44" ON "idempotency_key" ("created_at")',
  ],
};
