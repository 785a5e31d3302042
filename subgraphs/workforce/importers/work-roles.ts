import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import {
  Ksat,
  type KsatKind,
  WorkRole,
  WorkRoleAdditionalKsat,
  WorkRoleCoreKsat,
  WorkRoleCounterpart,
} from '../role/work-role';

const KINDS: Readonly<Record<string, keyof typeof KsatKind>> = {
  task: 'TASK',
  knowledge: 'KNOWLEDGE',
  skill: 'SKILL',
  ability: 'ABILITY',
};

export const dcwfKsats: Importer = {
  source: 'dcwf-ksats',
  description: 'Tasks, knowledge, skills, and abilities of the DoD Cyber Workforce Framework, JSON',
  files: ['ksats.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const kind = row.text('kind', 40);
    const ksatKind = KINDS[kind.toLowerCase()];
    if (!ksatKind) throw new RowError('kind', `is "${kind}"; expected task, knowledge, skill, or ability`);
    return [write(Ksat, { id: row.text('id', 20), kind: ksatKind, description: row.text('description', 60_000) })];
  },
};

export const dcwfRoles: Importer = {
  source: 'dcwf-roles',
  description: 'Work roles of the DoD Cyber Workforce Framework, JSON',
  files: ['dcwf/work-roles.json'],
  after: ['dcwf-ksats'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const code = row.text('code', 20);
    const nice = row.optional('legacyNiceId');
    const url = row.optional('url', 1_000);
    const link = (column: string) => [...new Set(row.list(column))].map((targetKey) => ({ ownerKey: code, targetKey }));
    return [
      write(WorkRole, {
        code,
        name: row.text('name'),
        framework: 'DCWF',
        element: row.optional('elementName', 80) ?? row.text('element', 80),
        description: row.optional('description', 60_000),
        niceIds: nice === null ? [] : [nice],
        url: url !== null && URL.canParse(url) ? url : null,
      }),
      ...link('coreKsats').map((row) => write(WorkRoleCoreKsat, row)),
      ...link('additionalKsats').map((row) => write(WorkRoleAdditionalKsat, row)),
    ];
  },
};

export const niceRoles: Importer = {
  source: 'nice-roles',
  description: 'Work roles of the NICE Workforce Framework (NIST), JSON',
  files: ['nice/work-roles.json'],
  after: ['dcwf-roles'],
  needs: [WorkRole],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const code = row.text('id', 20);
    const counterparts = row.list('dcwfCodes').filter((dcwf) => {
      const isImported = session.has(WorkRole, dcwf);
      if (!isImported) session.unmatched('DCWF role', dcwf);
      return isImported;
    });
    if (row.list('dcwfCodes').length === 0) session.unmatched('DCWF role', '(none)');
    return [
      write(WorkRole, {
        code,
        name: row.text('title'),
        framework: 'NICE',
        element: row.text('categoryTitle', 80),
        description: null,
        niceIds: [],
        url: null,
      }),
      ...counterparts.flatMap((dcwf) => [
        write(WorkRoleCounterpart, { ownerKey: code, targetKey: dcwf }),
        write(WorkRoleCounterpart, { ownerKey: dcwf, targetKey: code }),
      ]),
    ];
  },
};
