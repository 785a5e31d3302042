import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0009-notices',
  mysql: [
    'CREATE TABLE `staffing_notice` (`id` varchar(70) NOT NULL, `entered_on` varchar(10) NULL, `vacated_on` varchar(10) NULL, `exercise` tinyint NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
    'CREATE TABLE `sector_notice` (`id` varchar(70) NOT NULL, `sector_key` varchar(60) NOT NULL, `level` varchar(40) NOT NULL, `as_of` varchar(10) NOT NULL, `exercise` tinyint NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
  ],
  sqlite: [
    'CREATE TABLE "staffing_notice" ("id" varchar(70) PRIMARY KEY NOT NULL, "entered_on" varchar(10), "vacated_on" varchar(10), "exercise" boolean NOT NULL)',
    'CREATE TABLE "sector_notice" ("id" varchar(70) PRIMARY KEY NOT NULL, "sector_key" varchar(60) NOT NULL, "level" varchar(40) NOT NULL, "as_of" varchar(10) NOT NULL, "exercise" boolean NOT NULL)',
  ],
};
