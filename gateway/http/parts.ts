import type { GraphQLFormattedError } from 'graphql';
import type { DeliveryGroup } from '../execution/deferred/delivery';
import type { Batch } from '../execution/deferred/incremental';
import { stringifyResult } from '../execution/result';
import type { AnswerExtensions } from '../graph/graph';
import type { GraphAnswer } from '../graph/served-graph';
import type { IncrementalFormat } from './media-type';

/** Converts internal errors to those that clients see. */
export type PublicErrors = (errors?: readonly GraphQLFormattedError[]) => { errors?: readonly GraphQLFormattedError[] };

/** Media types of incremental delivery. Clients that name no version understand Apollo Client 3's. */
export const CONTENT_TYPES: Readonly<Record<IncrementalFormat, string>> = {
  'deferSpec=20220824': 'multipart/mixed; boundary="-"; deferSpec=20220824',
  'incrementalSpec=v0.2': 'multipart/mixed; boundary="-"; incrementalSpec=v0.2',
  'no version': 'multipart/mixed; boundary="-"; deferSpec=20220824',
};

/** The payload of one part. */
interface Payload {
  readonly hasNext: boolean;
  readonly data?: unknown;
  readonly incremental?: readonly object[];
  readonly extensions?: AnswerExtensions;
}

/**
 * Writes an answer as multipart text: see docs/incremental-delivery.md.
 * @param charge called with the size of each part
 */
export async function* partsOf(
  answer: GraphAnswer,
  format: IncrementalFormat,
  errors: PublicErrors,
  charge: (bytes: number) => void = () => {},
): AsyncGenerator<string, void> {
  const charged = (text: string): string => {
    charge(text.length);
    return text;
  };
  const writing = format === 'incrementalSpec=v0.2' ? byId(answer, errors) : byPath(answer, errors);
  yield charged(first(writing.first));
  for await (const batch of answer.parts!.later) {
    yield charged(part({ ...writing.next(batch), ...extensionsOf(answer.parts!, batch) }));
  }
}

/** Extensions of a later part. */
function extensionsOf(parts: NonNullable<GraphAnswer['parts']>, { hasNext }: Batch): Pick<Payload, 'extensions'> {
  const withheld = parts.withheld();
  const trace = hasNext ? undefined : parts.trace?.();
  return withheld || trace ? { extensions: { ...(withheld && { withheld }), ...(trace && { trace }) } } : {};
}

/** Writes a complete answer as a single part, for clients that accept only multipart. */
export function onePart({ data, extensions }: GraphAnswer, errors: readonly GraphQLFormattedError[]): string {
  const beside = { ...(errors.length > 0 ? { errors } : {}), ...(extensions && { extensions }) };
  return first({ ...(data ? { data } : {}), ...beside, hasNext: false });
}

const first = (payload: Payload): string => `\r\n---\r\n${part(payload)}`;

const part = (payload: Payload): string =>
  `content-type: application/json; charset=utf-8\r\n\r\n${jsonOf(payload)}\r\n---${payload.hasNext ? '' : '--'}\r\n`;

/** Serializes a payload; data keep their original text, so that numbers stay exact. */
function jsonOf({ incremental, ...rest }: Payload): string {
  const text = stringifyResult(rest as never);
  if (!incremental) return text;
  return `{"incremental":[${incremental.map((item) => stringifyResult(item)).join(',')}],${text.slice(1)}`;
}

interface Writing {
  readonly first: Payload;
  readonly next: (batch: Batch) => Payload;
}

const named = ({ label, path }: DeliveryGroup) => ({ path, ...(label === undefined ? {} : { label }) });

/**
 * The format of Apollo Client 3 and Relay: each payload carries its fragment's path and label. Clients that name no version merge
 * payloads by path alone, some only one level deep: they get each field once, at a path below the fragment's if necessary.
 */
function byPath({ data, errors: initialErrors, extensions }: GraphAnswer, errors: PublicErrors): Writing {
  return {
    first: { data, ...errors(initialErrors), ...(extensions && { extensions }), hasNext: true },
    next: ({ delivered, completed, hasNext }) => {
      const incremental = [
        ...delivered.map(({ group, subPath, data: part, errors: ownErrors }) => ({
          data: part,
          ...named(group),
          path: [...group.path, ...subPath],
          ...errors(ownErrors),
        })),
        ...completed.flatMap(({ group, errors: reasons }) =>
          reasons ? [{ data: null, ...named(group), ...errors(reasons) }] : [],
        ),
      ];
      return { ...(incremental.length > 0 ? { incremental } : {}), hasNext };
    },
  };
}

/** The format of the working draft and graphql-js 17: announces fragments by id and delivers each field once. */
function byId({ data, errors: initialErrors, extensions, parts }: GraphAnswer, errors: PublicErrors): Writing {
  const announced = (groups: readonly DeliveryGroup[]) =>
    groups.length > 0 ? { pending: groups.map((group) => ({ id: group.id, ...named(group) })) } : {};
  return {
    first: {
      data,
      ...errors(initialErrors),
      ...announced(parts!.pending),
      ...(extensions && { extensions }),
      hasNext: true,
    },
    next: ({ delivered, completed, pending, hasNext }) => {
      const incremental = delivered.map(({ group, subPath, data: part, errors: ownErrors }) => ({
        id: group.id,
        ...(subPath.length > 0 ? { subPath } : {}),
        data: part,
        ...errors(ownErrors),
      }));
      return {
        ...announced(pending),
        ...(incremental.length > 0 ? { incremental } : {}),
        completed: completed.map(({ group, errors: reasons }) => ({ id: group.id, ...errors(reasons) })),
        hasNext,
      };
    },
  };
}
