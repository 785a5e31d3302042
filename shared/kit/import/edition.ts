import { OperatorError } from '#base/errors';
import type { Database } from '../database/database';
import type { Work } from '../mutation/work';
import type { Row } from './row';

/** HTTP validators of a downloaded file, for a conditional request. */
export interface Validators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

/** A file with one edition of a catalog. */
export interface EditionFile extends Validators {
  readonly path: string;
  /** URL, or file name. */
  readonly source: string;
  /** Why to apply the edition although its checks fail. Null to refuse it then. */
  readonly force: string | null;
}

/** Outcome of an import, by row. */
export interface EditionCounts {
  readonly read: number;
  readonly imported: number;
  readonly updated: number;
  /** Keys of the first objects of rows that were imported or updated. */
  readonly written: readonly string[];
}

/** An edition that passed its checks and is being written. */
export interface OpenEdition {
  /** Rows of the file, which is read once. */
  readonly rows: readonly Row[];
  /** Completes the edition once its rows are written. @returns lines for the report */
  finish(counts: EditionCounts): Promise<readonly string[]>;
}

/** How to import a catalog by edition, in the transaction of the import. */
export interface EditionRules {
  /** Checks an edition before its rows are written. @throws EditionRefused */
  begin(work: Work, file: EditionFile): Promise<OpenEdition>;
  /** Records that an edition was refused. */
  recordRefusal(work: Work, file: EditionFile, refused: EditionRefused): Promise<void>;
  /** Validators of the last applied edition from a source; null without one. */
  validators(database: Database, source: string): Promise<Validators | null>;
}

/** Facts about an edition. */
export interface EditionFacts {
  readonly version: string;
  readonly releasedAt: string | null;
  readonly rows: number;
  readonly sha256: string;
}

/** An edition failed its checks. Nothing of it was written. */
export class EditionRefused extends OperatorError {
  constructor(
    readonly edition: EditionFacts,
    readonly reasons: readonly string[],
  ) {
    super(
      `Edition ${edition.version} was refused: ${reasons.join('; ')}`,
      'Nothing was imported. If the edition is right, repeat the import with --force "<reason>"',
    );
  }
}
