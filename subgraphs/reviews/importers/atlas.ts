import { OperatorError } from '#base/errors';
import { type Importer, type ImportSession, type Write, write } from '#kit/import/importer';
import { readYaml, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import type { Row } from '#kit/import/row';
import {
  AtlasCaseStudy,
  AtlasMitigation,
  AtlasTactic,
  AtlasTechnique,
  CaseStudyTechnique,
  MitigationTechnique,
  TechniqueTactic,
} from '../atlas/atlas';

const OBJECTS = ['tactics', 'techniques', 'mitigations'] as const;

/** MITRE ATLAS in one file: a matrix of tactics, techniques, and mitigations, and the case studies. */
export const atlas: Importer = {
  source: 'atlas',
  description: 'MITRE ATLAS (Apache 2.0), YAML',
  files: ['ATLAS.yaml'],
  async read(file) {
    const document = (await readYaml(file)) as { matrices?: unknown[] } | null;
    const matrix = document?.matrices?.[0];
    if (!matrix)
      throw new OperatorError(`"${file}" has no matrix`, 'Check that it is dist/ATLAS.yaml of mitre-atlas/atlas-data');
    const rows = OBJECTS.flatMap((list) => rowsAt(file, matrix, list));
    return [...rows, ...rowsAt(file, document, 'case-studies')].map((row, index) => row.renumbered(index + 1));
  },
  convert(row, session) {
    const kind = row.text('object-type');
    const convert = CONVERT[kind];
    if (!convert)
      throw new RowError('object-type', `is "${kind}"; one of ${Object.keys(CONVERT).join(', ')} is expected`);
    return convert(row, session);
  },
};

const attackId = (row: Row) => (row.raw('ATT&CK-reference') as { id?: string } | undefined)?.id ?? null;

const named = (row: Row) => ({
  id: row.text('id', 20),
  name: row.text('name'),
  description: row.optional('description', 60_000),
});

const CONVERT: Readonly<Record<string, (row: Row, session: ImportSession) => Write[]>> = {
  tactic: (row) => [write(AtlasTactic, { ...named(row), ordinal: row.line, attackId: attackId(row) })],

  technique(row) {
    const technique = named(row);
    return [
      write(AtlasTechnique, {
        ...technique,
        parentId: row.optional('subtechnique-of', 20),
        maturity: row.optional('maturity', 40),
        attackId: attackId(row),
      }),
      ...row.list('tactics').map((targetKey) => write(TechniqueTactic, { ownerKey: technique.id, targetKey })),
    ];
  },

  mitigation(row) {
    const mitigation = named(row);
    const techniques = (row.raw('techniques') as { id: string }[] | undefined) ?? [];
    return [
      write(AtlasMitigation, mitigation),
      ...unique(techniques.map(({ id }) => id)).map((targetKey) =>
        write(MitigationTechnique, { ownerKey: mitigation.id, targetKey }),
      ),
    ];
  },

  'case-study'(row) {
    const id = row.text('id', 20);
    const steps = (row.raw('procedure') as { technique?: string }[] | undefined) ?? [];
    const type = row.optional('case-study-type');
    if (type !== null && type !== 'incident' && type !== 'exercise')
      throw new RowError('case-study-type', `is "${type}"; incident or exercise is expected`);
    return [
      write(AtlasCaseStudy, {
        id,
        name: row.text('name'),
        summary: row.optional('summary', 60_000),
        type: type === null ? null : type === 'incident' ? 'INCIDENT' : 'EXERCISE',
        incidentOn: row.optionalDate('incident-date'),
        actor: row.optional('actor', 1_000),
        target: row.optional('target', 1_000),
      }),
      ...unique(steps.flatMap(({ technique }) => technique ?? [])).map((targetKey) =>
        write(CaseStudyTechnique, { ownerKey: id, targetKey }),
      ),
    ];
  },
};

function unique(items: readonly string[]): string[] {
  return [...new Set(items)];
}
