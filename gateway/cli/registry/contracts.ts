import { isDeepStrictEqual } from 'node:util';
import { type Contract, flawsOfContracts } from '#base/contract';
import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import type { CallerOptions } from '../graph-client';
import { keyOf, Registry } from './client';

interface Registered {
  readonly name: string;
  readonly description: string;
  readonly includedTags: readonly string[];
  readonly excludedTags: readonly string[];
  readonly classes: readonly string[];
  readonly removedAt: string | null;
  readonly revision: number;
}

const FIELDS = 'name description includedTags excludedTags classes removedAt revision';
const CONTRACTS = `query Contracts($after: String) {
  schemaContracts(first: 100, after: $after, filter: { exercise: { eq: false } }) { nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } }
}`;
const PUT = `mutation Put($input: PutContractInput!) { putContract(input: $input) { contract { ${FIELDS} } } }`;
const REMOVE = `mutation Remove($input: RemoveContractInput!) { removeContract(input: $input) { contract { name } } }`;
/** Contracts are composed into a supergraph. */
const NEXT = 'Gateways serve this from the next publication on: ordergraph registry publish --note …';

/** Contracts, with those that were removed, without those of the exercise. @throws OperatorError */
export const contractsOf = (registry: Registry): Promise<Registered[]> =>
  registry.all<Registered>(CONTRACTS, 'schemaContracts');

/** @returns a text for the reader @throws OperatorError */
export async function listContracts(caller: CallerOptions): Promise<string> {
  const contracts = await contractsOf(await Registry.of(caller));
  return (
    contracts
      .filter(({ removedAt }) => removedAt === null)
      .map(describe)
      .join('') || 'No contracts\n'
  );
}

/** Adds or replaces a contract. @returns a text for the reader @throws OperatorError */
export const putContract = async (caller: CallerOptions, name: string, contract: Contract): Promise<string> =>
  `${describe(await put(await Registry.of(caller), name, contract))}${NEXT}\n`;

/** Adds or replaces a contract; one that is the same stays. @throws OperatorError */
export async function put(registry: Registry, name: string, contract: Contract): Promise<Registered> {
  const flaws = flawsOfContracts({ [name]: contract });
  if (flaws.length > 0)
    throw new OperatorError(flaws.join('\n'), 'docs/agency-schemas.md describes contracts. Nothing was changed');
  const known = (await contractsOf(registry)).find((other) => other.name === name);
  const { description, include: includedTags, exclude: excludedTags, classes } = contract;
  const rules = { name, description, includedTags, excludedTags, classes };
  if (known?.removedAt === null && isDeepStrictEqual({ ...known, ...rules }, known)) return known;
  const input = { ...rules, expectedRevision: known?.revision ?? null };
  const data = await registry.request(PUT, { input: { ...input, idempotencyKey: keyOf('put', input) } });
  return (data.putContract as { readonly contract: Registered }).contract;
}

/** @returns a text for the reader @throws OperatorError */
export async function removeContract(caller: CallerOptions, name: string): Promise<string> {
  const registry = await Registry.of(caller);
  const contracts = (await contractsOf(registry)).filter(({ removedAt }) => removedAt === null);
  const known = contracts.find((contract) => contract.name === name);
  if (!known) {
    const names = contracts.map((contract) => contract.name);
    throw new OperatorError(
      `No contract has the name "${name}"${nearest(name, names)}`,
      '`ordergraph registry contracts list` lists the contracts',
    );
  }
  const input = { name, expectedRevision: known.revision };
  await registry.request(REMOVE, { input: { ...input, idempotencyKey: keyOf('remove', input) } });
  return `Removed ${name}\n${NEXT}\n`;
}

function describe({ name, description, includedTags, excludedTags, classes }: Registered): string {
  const rules = [
    ['includes', includedTags],
    ['excludes', excludedTags],
    ['shows the classes', classes],
  ] as const;
  const text = rules.flatMap(([rule, names]) => (names.length > 0 ? [`${rule} ${names.join(', ')}`] : []));
  return `${name}: ${text.join('; ')}: ${description}\n`;
}
