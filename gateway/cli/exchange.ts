import { writeFile } from 'node:fs/promises';
import { OperatorError } from '#base/errors';
import { printable } from '#kit/import/printable';
import { publishedCases, systemRecord } from '../exchange/graph';
import { type Imported, importPoam, importResults } from '../exchange/oscal/import';
import { poamDocument } from '../exchange/oscal/poam';
import { resultsDocument } from '../exchange/oscal/results';
import { stixBundle } from '../exchange/stix';
import type { Ask } from '../export/ask';
import { type CallerOptions, clientOf, textOf } from './graph-client';

/** Documents of OSCAL that the graph exchanges. */
const MODELS = ['poam', 'results'] as const;
type Model = (typeof MODELS)[number];

function requireModel(name: string): Model {
  const model = MODELS.find((candidate) => candidate === name);
  if (!model) throw new OperatorError(`"${name}" is not a document to exchange`, `Choose one of ${MODELS.join(', ')}`);
  return model;
}

interface OutOptions extends CallerOptions {
  /** File to write; standard output without one. */
  readonly out?: string;
}

/** Writes a document for its owner alone: to a new file, since another one may be readable for others. @throws OperatorError */
export async function writeDocument(document: object, out: string | undefined): Promise<void> {
  const text = `${JSON.stringify(document, undefined, 2)}\n`;
  if (out === undefined) {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(out, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new OperatorError(`"${out}" exists`, 'Delete it, or name another file');
    throw new OperatorError(`Cannot write "${out}": ${message}`, 'Delete what was written, and export again');
  }
}

/** The plan of action of a system, or its vulnerability findings, in OSCAL. @throws OperatorError if it has none */
export async function oscalDocument(ask: Ask, model: string, system: string, now: string): Promise<object> {
  const isPoam = requireModel(model) === 'poam';
  const record = await systemRecord(ask, system);
  const [elements, name] = isPoam ? [record.items, 'POA&M items'] : [record.findings, 'vulnerability findings'];
  if (elements.length === 0)
    throw new OperatorError(`The system "${system}" has no ${name}`, 'OSCAL has no document without any: export none');
  return isPoam ? poamDocument(record, now) : resultsDocument(record, now);
}

/** Writes a document of a system in OSCAL. @throws OperatorError */
export async function exportOscal(model: string, system: string, options: OutOptions): Promise<void> {
  const ask = await clientOf(options);
  await writeDocument(await oscalDocument(ask, model, system, new Date().toISOString()), options.out);
}

/** Imports a document in OSCAL into a system of the graph. @throws OperatorError */
export function importDocument(ask: Ask, model: string, system: string, text: string): Promise<Imported> {
  return requireModel(model) === 'poam' ? importPoam(ask, system, text) : importResults(ask, system, text);
}

export interface OscalImport extends CallerOptions {
  readonly model: string;
  readonly system: string;
  readonly file: string;
}

/** Imports a file in OSCAL, and prints what became of its elements. @throws OperatorError */
export async function importOscal({ model, system, file, ...options }: OscalImport): Promise<void> {
  const text = await textOf(file, 'document');
  const { added, skipped } = await importDocument(await clientOf(options), model, system, text);
  process.stdout.write(`${model}: ${added} added, ${skipped.length} left out\n`);
  for (const reason of skipped) process.stdout.write(`  ${printable(reason)}\n`);
}

/** Writes the published cases of the clearinghouse as a STIX bundle. */
export async function exportStix(options: OutOptions): Promise<void> {
  await writeDocument(stixBundle(await publishedCases(await clientOf(options))), options.out);
}
