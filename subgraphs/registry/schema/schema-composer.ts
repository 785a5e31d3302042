import type { Cancellation } from '#base/cancellation';
import type { Contract } from '#base/contract';

/** A schema of a subgraph, with where gateways reach it. */
export interface SubgraphSchema {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

/** What the owners agreed on, as docs/agency-schemas.md describes it. */
export interface Agreement {
  readonly owners: Readonly<Record<string, string>>;
  readonly clearances: Readonly<Record<string, readonly string[]>>;
  readonly consents: readonly AgreedConsent[];
  /** Contracts by name; undefined without any. */
  readonly contracts?: Readonly<Record<string, Contract>>;
}

/** Consent of an owner to what other subgraphs do. */
export interface AgreedConsent {
  readonly by: string;
  readonly to: readonly string[];
  readonly act: string;
  readonly coordinates: readonly string[];
  readonly reason: string;
  readonly until?: string;
  /** Whether it holds only for schemas that are served, since it was withdrawn or its last day is over. */
  readonly ended?: true;
}

/** A document that a released client sends. */
export interface ReleasedDocument {
  /** Client and version, such as "dashboard@1.4". */
  readonly client: string;
  readonly name: string;
  readonly text: string;
}

/** All that decides about a change: the same inputs always give the same verdict. */
export interface SchemaChange {
  readonly before: readonly SubgraphSchema[];
  /** Supergraph of them; undefined before the first. */
  readonly supergraph: string | undefined;
  readonly proposed: readonly SubgraphSchema[];
  readonly agreement: Agreement;
  readonly documents: readonly ReleasedDocument[];
  /** Agencies that own each subgraph: its schema may name no others. */
  readonly agencies: Readonly<Record<string, readonly string[]>>;
  /** What clients sent lately, in the same form. */
  readonly used: readonly ReleasedDocument[];
  /** Number of further operations that clients sent, which are not examined. */
  readonly leftOut: number;
}

export interface Verdict {
  readonly passed: boolean;
  /** Why the schemas cannot be composed. */
  readonly problems: readonly string[];
  /** The whole report, as JSON. */
  readonly report: string;
  /** The composed supergraph; undefined with problems. */
  readonly supergraph: string | undefined;
}

/** A part of the schema that clients see. */
export interface DescribedPart {
  /** Such as `Type`, `Type.field`, or `Type.field(argument:)`. */
  readonly coordinate: string;
  readonly kind: 'TYPE' | 'FIELD' | 'ARGUMENT' | 'INPUT_FIELD' | 'ENUM_VALUE';
  /** Name of the type that it is, or is in. */
  readonly type: string;
  /** Names of the subgraphs that resolve it, or define it. */
  readonly owners: readonly string[];
  readonly sensitivity: string | null;
  readonly description: string | null;
  readonly deprecated: string | null;
}

/** The caller of the work, and what limits it. */
export interface Customer {
  /** Whose works wait for each other. */
  readonly party: string;
  /** Whether the work may take minutes: operators publish all schemas of a graph together, also while a small machine starts. */
  readonly isOperator: boolean;
  /** Ends the work when its caller disconnects. */
  readonly cancellation: Cancellation | undefined;
}

/** Composes and signs supergraphs, for the registry. The process that runs the registry lends it one. */
export abstract class SchemaComposer {
  /** @throws RequestError if too many wait, or it takes too long */
  abstract judge(change: SchemaChange, customer: Customer): Promise<Verdict>;
  /** The parts of a supergraph that clients see. @throws RequestError like {@link judge} */
  abstract partsOf(supergraph: string, customer: Customer): Promise<readonly DescribedPart[]>;
  /** The line that signs a supergraph; null where none is signed. @param after line before which it must not be signed */
  abstract signatureOf(supergraph: string, after: string | null): Promise<string | null>;
}
