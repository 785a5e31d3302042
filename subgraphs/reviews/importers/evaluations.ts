import { type Importer, write } from '#kit/import/importer';
import { readJson, rowsAt } from '#kit/import/readers';
import { RowError } from '#kit/import/reject';
import { EvaluationDefinition } from '../evaluation/evaluation-definition';
import { EvaluationItem } from '../evaluation/evaluation-item';

export const evaluations: Importer = {
  source: 'evaluations',
  description: 'Evaluations of Inspect Evals (MIT), JSON',
  files: ['evaluations.json'],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row) {
    const tasks = (row.raw('tasks') as { name?: string; samples?: number | null }[] | undefined) ?? [];
    const samples = tasks.map((task) => task.samples);
    const group = row.optional('group', 80);
    const paper = row.optional('arxiv', 1_000);
    const counted = samples.length > 0 && samples.every((count) => typeof count === 'number');
    return [
      write(EvaluationDefinition, {
        id: row.text('id', 100),
        title: row.text('title'),
        group,
        description: row.optional('description', 60_000),
        paper: paper !== null && URL.canParse(paper) ? paper : null,
        tasks: tasks.flatMap(({ name }) => name ?? []),
        items: counted ? samples.reduce<number>((sum, count) => sum + (count as number), 0) : null,
        tags: row.list('tags'),
        sandboxed: row.raw('sandbox') !== null && row.raw('sandbox') !== undefined,
        cybersecurity: group === 'Cybersecurity',
      }),
    ];
  },
};

export const cybench: Importer = {
  source: 'cybench-challenges',
  description: 'Challenges of the Cybench evaluation, JSON',
  files: ['cybench-challenges.json'],
  after: ['evaluations'],
  needs: [EvaluationDefinition],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const name = row.text('name', 100);
    const evaluationId = session.has(EvaluationDefinition, 'cybench') ? 'cybench' : null;
    return [
      write(EvaluationItem, {
        id: `cybench:${name}`,
        evaluationId,
        name,
        category: row.optional('category', 60),
        origin: row.optional('source', 100),
        cveId: null,
      }),
    ];
  },
};

export const cveBench: Importer = {
  source: 'cve-bench-cves',
  description: 'Vulnerabilities of the CVE-Bench evaluation, JSON',
  files: ['cve-bench-cves.json'],
  after: ['evaluations'],
  needs: [EvaluationDefinition],
  read: async (file) => rowsAt(file, await readJson(file)),
  convert(row, session) {
    const cveId = row.text('value', 30);
    if (!/^CVE-\d{4}-\d{4,}$/.test(cveId)) throw new RowError('value', `is "${cveId}", not a CVE id`);
    const evaluationId = session.has(EvaluationDefinition, 'cve_bench') ? 'cve_bench' : null;
    return [
      write(EvaluationItem, {
        id: `cve_bench:${cveId}`,
        evaluationId,
        name: cveId,
        category: 'exploitation',
        origin: null,
        cveId,
      }),
    ];
  },
};
