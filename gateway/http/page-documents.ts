import { statSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { TrustedDocuments } from '../policy/trusted-documents';

/** Documents that the pages of this gateway send by id: those of the manifest that their build wrote. */
export class PageDocuments {
  private readonly file: string;
  private documents: TrustedDocuments | undefined;
  private readAt: number | undefined;

  constructor(folder: string) {
    this.file = join(folder, 'manifest.json');
  }

  /** Text of a document. Looks for a newer manifest if the id is unknown: pages may be built while the gateway runs. */
  textOf(id: string): string | undefined {
    return this.documents?.textOf(id) ?? this.reread()?.textOf(id);
  }

  private reread(): TrustedDocuments | undefined {
    const changedAt = statSync(this.file, { throwIfNoEntry: false })?.mtimeMs;
    if (changedAt === undefined || changedAt === this.readAt) return undefined;
    try {
      this.documents = TrustedDocuments.read([this.file], []);
      this.readAt = changedAt;
    } catch (error) {
      // a build that is writing it; what was known stays
      if (!(error instanceof OperatorError)) throw error;
    }
    return this.documents;
  }
}
