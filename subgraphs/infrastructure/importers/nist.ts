import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { CapabilityDimension, Control, type DimensionLevel } from '../capability/capability';

export const controls: Importer = {
  source: 'controls',
  description: 'NIST SP 800-53 Rev. 5 controls that are in a baseline, JSON',
  files: ['sp800-53r5-baseline-controls.json'],
  // base controls precede their enhancements, which reference them
  read: async (file) =>
    rowsAt(file, await readJson(file)).sort(
      (a, b) => Number(Boolean(a.raw('enhancementOf'))) - Number(Boolean(b.raw('enhancementOf'))),
    ),
  convert: (row) => [
    write(Control, {
      id: row.text('id', 20),
      label: row.text('label', 20),
      title: row.text('title'),
      family: row.text('family', 10),
      familyTitle: row.text('familyTitle', 100),
      enhancesId: row.optional('enhancementOf', 20),
      baselines: row.list('baselines'),
      statement: row.optional('statement', 60_000),
    }),
  ],
};

const LEVELS: Readonly<Record<string, keyof typeof DimensionLevel>> = {
  function: 'FUNCTION',
  category: 'CATEGORY',
  subcategory: 'SUBCATEGORY',
};

export const csf: Importer = {
  source: 'csf',
  description: 'NIST Cybersecurity Framework 2.0 outcomes, JSON',
  files: ['csf-2.0.json'],
  read: async (file) => rowsAt(file, await readJson(file)).sort((a, b) => rank(a.raw('cls')) - rank(b.raw('cls'))),
  convert(row) {
    const level = LEVELS[row.text('cls', 20)];
    if (!level) throw new RowError('cls', `is "${row.text('cls', 20)}"; expected function, category, or subcategory`);
    const id = row.text('id', 20);
    return [
      write(CapabilityDimension, {
        id,
        level,
        title: row.optional('title') ?? id,
        statement: row.optional('text', 60_000),
        parentId: row.optional('parent', 20),
      }),
    ];
  },
};

function rank(level: unknown): number {
  return Object.keys(LEVELS).indexOf(String(level));
}
