import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0009-capability-gaps',
  mysql: [
    'CREATE TABLE `capability_gap` (`id` varchar(70) NOT NULL, `agency_key` varchar(60) NOT NULL, `dimension_id` varchar(20) NOT NULL, `tier` int NOT NULL, `target` int NOT NULL, `role_codes` text NOT NULL, `assessed_on` varchar(10) NOT NULL, `exercise` tinyint NOT NULL, INDEX `IDX_7d16f8b92765a3dcb6b7b492d6` (`agency_key`), PRIMARY KEY (`id`)) ENGINE=InnoDB',
  ],
  sqlite: [
    'CREATE TABLE "capability_gap" ("id" varchar(70) PRIMARY KEY NOT NULL, "agency_key" varchar(60) NOT NULL, "dimension_id" varchar(20) NOT NULL, "tier" integer NOT NULL, "target" integer NOT NULL, "role_codes" text NOT NULL, "assessed_on" varchar(10) NOT NULL, "exercise" boolean NOT NULL)',
    'CREATE INDEX "IDX_7d16f8b92765a3dcb6b7b492d6" ON "capability_gap" ("agency_key")',
  ],
};
