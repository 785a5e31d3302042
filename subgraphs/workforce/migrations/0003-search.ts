import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: '0003-search',
  mysql: [
    'CREATE TABLE `work_role_word` (`owner_key` varchar(20) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_0826de1293e1a8b5fb7019a719` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `occupational_series_word` (`owner_key` varchar(10) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_a54b3425520b52ddc4b8b4c0fb` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `position_word` (`owner_key` varchar(30) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_966cbe2948871cfe156e9c5ee6` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'CREATE TABLE `announcement_word` (`owner_key` varchar(60) NOT NULL, `field` varchar(40) NOT NULL, `word` varchar(40) NOT NULL, INDEX `IDX_4e3c68eed0258dd9c4979a4020` (`word`, `field`, `owner_key`), PRIMARY KEY (`owner_key`, `field`, `word`)) ENGINE=InnoDB',
    'ALTER TABLE `work_role_word` ADD CONSTRAINT `FK_e306900ae03e9ac31cf00264987` FOREIGN KEY (`owner_key`) REFERENCES `work_role`(`code`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `occupational_series_word` ADD CONSTRAINT `FK_34e767aa37dfecb71c3c7c01da5` FOREIGN KEY (`owner_key`) REFERENCES `occupational_series`(`code`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `position_word` ADD CONSTRAINT `FK_f02c569cb8fe512172fb89fb010` FOREIGN KEY (`owner_key`) REFERENCES `position`(`id`) ON DELETE CASCADE ON UPDATE NO ACTION',
    'ALTER TABLE `announcement_word` ADD CONSTRAINT `FK_c039168f961d5c277d7837b53d1` FOREIGN KEY (`owner_key`) REFERENCES `announcement`(`control_number`) ON DELETE CASCADE ON UPDATE NO ACTION',
  ],
  sqlite: [
    'CREATE TABLE "work_role_word" ("owner_key" varchar(20) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_e306900ae03e9ac31cf00264987" FOREIGN KEY ("owner_key") REFERENCES "work_role" ("code") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_0826de1293e1a8b5fb7019a719" ON "work_role_word" ("word", "field", "owner_key")',
    'CREATE TABLE "occupational_series_word" ("owner_key" varchar(10) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_34e767aa37dfecb71c3c7c01da5" FOREIGN KEY ("owner_key") REFERENCES "occupational_series" ("code") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_a54b3425520b52ddc4b8b4c0fb" ON "occupational_series_word" ("word", "field", "owner_key")',
    'CREATE TABLE "position_word" ("owner_key" varchar(30) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_f02c569cb8fe512172fb89fb010" FOREIGN KEY ("owner_key") REFERENCES "position" ("id") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_966cbe2948871cfe156e9c5ee6" ON "position_word" ("word", "field", "owner_key")',
    'CREATE TABLE "announcement_word" ("owner_key" varchar(60) NOT NULL, "field" varchar(40) NOT NULL, "word" varchar(40) NOT NULL, CONSTRAINT "FK_c039168f961d5c277d7837b53d1" FOREIGN KEY ("owner_key") REFERENCES "announcement" ("control_number") ON DELETE CASCADE ON UPDATE NO ACTION, PRIMARY KEY ("owner_key", "field", "word"))',
    'CREATE INDEX "IDX_4e3c68eed0258dd9c4979a4020" ON "announcement_word" ("word", "field", "owner_key")',
  ],
};
