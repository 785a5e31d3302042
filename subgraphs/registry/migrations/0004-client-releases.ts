import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0004-client-releases',
  mysql: [
    'CREATE TABLE `client_release` (`id` varchar(30) NOT NULL, `client` varchar(60) NOT NULL, `client_version` varchar(60) NOT NULL, `note` text NULL, `document_count` int NOT NULL, `bytes` int NOT NULL, `published_at` varchar(24) NOT NULL, `published_by` varchar(200) NOT NULL, `retired_at` varchar(24) NULL, `version` int NOT NULL, `exercise` tinyint NOT NULL, UNIQUE INDEX `IDX_083252714abeece42617e8726b` (`client`, `client_version`), INDEX `IDX_b78925e7861574bddc1f8d6e05` (`client`, `published_at`, `id`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'CREATE TABLE `client_document` (`id` varchar(40) NOT NULL, `release_id` varchar(30) NOT NULL, `name` varchar(120) NOT NULL, `operation` text NOT NULL, `document_id` varchar(71) NOT NULL, `exercise` tinyint NOT NULL, INDEX `IDX_602f9f6cc4e27121f1ff3dab68` (`release_id`), INDEX `IDX_d9831b41c702c58a00f0323f2a` (`name`, `id`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'ALTER TABLE `client_document` ADD CONSTRAINT `FK_602f9f6cc4e27121f1ff3dab681` FOREIGN KEY (`release_id`) REFERENCES `client_release`(`id`) ON DELETE NO ACTION ON UPDATE NO ACTION',
  ],
  sqlite: [
    'CREATE TABLE "client_release" ("id" varchar(30) PRIMARY KEY NOT NULL, "client" varchar(60) NOT NULL, "client_version" varchar(60) NOT NULL, "note" text, "document_count" integer NOT NULL, "bytes" integer NOT NULL, "published_at" varchar(24) NOT NULL, "published_by" varchar(200) NOT NULL, "retired_at" varchar(24), "version" integer NOT NULL, "exercise" boolean NOT NULL)',
    'CREATE UNIQUE INDEX "IDX_083252714abeece42617e8726b" ON "client_release" ("client", "client_version")',
    'CREATE INDEX "IDX_b78925e7861574bddc1f8d6e05" ON "client_release" ("client", "published_at", "id")',
    'CREATE TABLE "client_document" ("id" varchar(40) PRIMARY KEY NOT NULL, "release_id" varchar(30) NOT NULL, "name" varchar(120) NOT NULL, "operation" text NOT NULL, "document_id" varchar(71) NOT NULL, "exercise" boolean NOT NULL, CONSTRAINT "FK_602f9f6cc4e27121f1ff3dab681" FOREIGN KEY ("release_id") REFERENCES "client_release" ("id") ON DELETE NO ACTION ON UPDATE NO ACTION)',
    'CREATE INDEX "IDX_602f9f6cc4e27121f1ff3dab68" ON "client_document" ("release_id")',
    'CREATE INDEX "IDX_d9831b41c702c58a00f0323f2a" ON "client_document" ("name", "id")',
  ],
};
