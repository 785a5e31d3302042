import type { Migration } from '../database/migrations';

/**
 * Migration that added offsets to the outbox and event ids to the inbox, the same for all subgraphs. Released, so never edit it. The relay
 * assigns offsets to existing rows of the outbox, in the order in which they were written. The table `event_bus` stays for replicas of the
 * previous release during a rolling upgrade.
 */
export const eventLogTables: Pick<Migration, 'mysql' | 'sqlite'> = {
  mysql: [
    'CREATE TABLE `event_epoch` (`number` int NOT NULL, `epoch` varchar(40) NOT NULL, `started_at` varchar(24) NOT NULL, `start_offset` int NOT NULL, `replaced` varchar(40) NULL, `reason` varchar(255) NOT NULL, PRIMARY KEY (`number`)) ENGINE=InnoDB',
    'CREATE TABLE `inbox_position` (`source` varchar(60) NOT NULL, `epoch` varchar(40) NOT NULL, `log_offset` int NOT NULL, `digest` varchar(32) NOT NULL, `moved_at` varchar(24) NOT NULL, `gap_since` varchar(24) NULL, `reread_from` int NULL, PRIMARY KEY (`source`)) ENGINE=InnoDB',
    'CREATE TABLE `inbox_event` (`id` varchar(40) NOT NULL, `source` varchar(60) NOT NULL, `epoch` varchar(40) NOT NULL, `log_offset` int NOT NULL, `digest` varchar(32) NOT NULL, `type` varchar(100) NOT NULL, `subject` varchar(60) NOT NULL, `sequence` int NOT NULL, `received_at` varchar(24) NOT NULL, INDEX `IDX_1cdb0c0733a557cca87142e2c8` (`source`, `log_offset`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'CREATE TABLE `inbox_orphan` (`id` varchar(40) NOT NULL, `source` varchar(60) NOT NULL, `epoch` varchar(40) NOT NULL, `type` varchar(100) NOT NULL, `subject` varchar(60) NOT NULL, `sequence` int NOT NULL, `noticed_at` varchar(24) NOT NULL, `acted` tinyint NOT NULL, `event` text NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'ALTER TABLE `outbox` ADD `log_offset` int NULL',
    'ALTER TABLE `outbox` ADD UNIQUE INDEX `IDX_0a5452911e53316d23fdd2c03d` (`log_offset`)',
    'ALTER TABLE `outbox` ADD `digest` varchar(32) NULL',
    'ALTER TABLE `inbox_rejected` ADD `dismissed_at` varchar(24) NULL',
  ],
  sqlite: [
    'CREATE TABLE "event_epoch" ("number" integer PRIMARY KEY NOT NULL, "epoch" varchar(40) NOT NULL, "started_at" varchar(24) NOT NULL, "start_offset" integer NOT NULL, "replaced" varchar(40), "reason" varchar(255) NOT NULL)',
    'CREATE TABLE "inbox_position" ("source" varchar(60) PRIMARY KEY NOT NULL, "epoch" varchar(40) NOT NULL, "log_offset" integer NOT NULL, "digest" varchar(32) NOT NULL, "moved_at" varchar(24) NOT NULL, "gap_since" varchar(24), "reread_from" integer)',
    'CREATE TABLE "inbox_event" ("id" varchar(40) PRIMARY KEY NOT NULL, "source" varchar(60) NOT NULL, "epoch" varchar(40) NOT NULL, "log_offset" integer NOT NULL, "digest" varchar(32) NOT NULL, "type" varchar(100) NOT NULL, "subject" varchar(60) NOT NULL, "sequence" integer NOT NULL, "received_at" varchar(24) NOT NULL)',
    'ALTER TABLE "outbox" ADD COLUMN "log_offset" integer',
    'ALTER TABLE "outbox" ADD COLUMN "digest" varchar(32)',
    'ALTER TABLE "inbox_rejected" ADD COLUMN "dismissed_at" varchar(24)',
    'CREATE INDEX "IDX_1cdb0c0733a557cca87142e2c8" ON "inbox_event" ("source", "log_offset")',
    'CREATE TABLE "inbox_orphan" ("id" varchar(40) PRIMARY KEY NOT NULL, "source" varchar(60) NOT NULL, "epoch" varchar(40) NOT NULL, "type" varchar(100) NOT NULL, "subject" varchar(60) NOT NULL, "sequence" integer NOT NULL, "noticed_at" varchar(24) NOT NULL, "acted" boolean NOT NULL, "event" text)',
    'CREATE UNIQUE INDEX "IDX_0a5452911e53316d23fdd2c03d" ON "outbox" ("log_offset")',
  ],
};
