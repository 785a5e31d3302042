import { publishedVersionId, stableId } from '#kit/ids';
import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import type { Row } from '#kit/import/row';
import { BenchmarkResult } from '../evaluation/benchmark-result';
import { EvaluationDefinition } from '../evaluation/evaluation-definition';

function optionalNumber(row: Row, column: string): number | null {
  const value = row.raw(column);
  if (value === null || value === undefined) return null;
  if (typeof value !== 'number') throw new RowError(column, `is ${JSON.stringify(value).slice(0, 40)}, not a number`);
  return value;
}

/** `GPQA diamond` → `gpqa_diamond`: the format of ids in the catalog of evaluations. */
const slug = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');

/** Catalog evaluation with the longest name that begins a benchmark's name. */
function evaluationIdOf(benchmark: string, exists: (id: string) => boolean): string | null {
  const words = slug(benchmark).split('_');
  for (let count = words.length; count > 0; count -= 1) {
    const id = words.slice(0, count).join('_');
    if (exists(id)) return id;
  }
  return null;
}

export const benchmarkRuns: Importer = {
  source: 'benchmark-runs',
  description: 'Published benchmark results of public models (Epoch AI, CC BY 4.0), JSON',
  files: ['benchmark-runs.json'],
  after: ['evaluations'],
  needs: [EvaluationDefinition],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const benchmark = row.text('benchmark', 120);
    const versionLabel = row.text('modelVersion');
    const scores = row.optional('scores', 60_000);
    return [
      write(BenchmarkResult, {
        id: stableId('pub', 'benchmark-runs', row.text('id')),
        benchmark,
        evaluationId: evaluationIdOf(benchmark, (id) => session.has(EvaluationDefinition, id)),
        versionId: publishedVersionId(versionLabel),
        versionLabel,
        score: optionalNumber(row, 'bestScore'),
        ciLow: null,
        ciHigh: null,
        unit: 'share',
        measurements: null,
        remarks: scores === null ? [] : [scores],
      }),
    ];
  },
};

interface Interval {
  estimate?: number;
  ci_low?: number;
  ci_high?: number;
}

/** Each row becomes two results: the time horizon at 50% and, if published, at 80% success. */
export const timeHorizons: Importer = {
  source: 'metr-time-horizons',
  description: 'Time horizons of public models (METR), JSON',
  files: ['metr-time-horizons.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const versionLabel = row.text('id');
    const benchmark = row.text('benchmark', 110);
    const horizon = (share: 50 | 80) => {
      const { estimate, ci_low, ci_high } = (row.raw(`p${share}HorizonMinutes`) as Interval | null | undefined) ?? {};
      if (estimate === undefined) return [];
      return [
        write(BenchmarkResult, {
          id: stableId('pub', 'metr', versionLabel, benchmark, share),
          benchmark: `${benchmark} p${share}`,
          evaluationId: null,
          versionId: publishedVersionId(versionLabel),
          versionLabel,
          score: estimate,
          ciLow: ci_low ?? null,
          ciHigh: ci_high ?? null,
          unit: 'minutes',
          measurements: null,
          remarks: row.raw('isSota') === true ? ['state of the art at its release'] : [],
        }),
      ];
    };
    const writes = [...horizon(50), ...horizon(80)];
    if (writes.length === 0) throw new RowError('p50HorizonMinutes', 'is missing, and so is p80HorizonMinutes');
    return writes;
  },
};
