import type { Readable } from 'node:stream';
import { originOf } from '../../../shared/audit/origin';
import { keyDigest } from '../../../shared/audit/settle';
import { NotFoundError, RequestError } from '../../../shared/errors';
import type { ContentStore } from '../../../shared/files/content-store';
import type { FileExchange, Headers, SentFile } from '../../../shared/files/exchange';
import type { Actor } from '../../../shared/identity/actor';
import { actorsOf, type Principal } from '../../../shared/identity/principal';
import { Work } from '../../../shared/mutation/work';
import type { OpenSubgraph } from '../../../shared/subgraph/subgraph';
import { Artifact } from './artifact';
import { SubmissionFile } from './submission-file';

/** Uploads and downloads of the documents of submissions. */
export function artifactExchange(open: OpenSubgraph, store: ContentStore): FileExchange {
  const { database, clock } = open;

  const caller = async (headers: Headers): Promise<Principal> => {
    const principal = await open.door.enter(headers);
    if (!principal) throw new RequestError('UNAUTHENTICATED', 'Say who you are: send "authorization: Bearer <token>"');
    return principal;
  };

  /** The artifact, if the principal may know of it in one of its capacities. */
  const known = async (id: string, principal: Principal, capacities: readonly Actor[]): Promise<Artifact> => {
    const [artifact] = await database.findBy(Artifact, 'id', [id]);
    for (const actor of artifact ? capacities : []) {
      const found = await database.transaction(async (inside) => {
        try {
          await SubmissionFile.open(new Work(inside, clock, principal, actor), artifact!.submissionId);
          return true;
        } catch (error) {
          if (error instanceof NotFoundError) return false;
          throw error;
        }
      });
      if (found) return artifact!;
    }
    throw new NotFoundError('artifact', id, 'id');
  };

  return {
    async put(id: string, content: Readable, headers: Headers): Promise<void> {
      const principal = await caller(headers);
      const capacities = actorsOf(principal).filter((actor) => actor === 'DEVELOPER');
      if (capacities.length === 0) throw new RequestError('FORBIDDEN', 'Documents are uploaded by the developer');
      const { storage, sha256, bytes } = await known(id, principal, capacities);
      if (storage !== 'AWAITING_UPLOAD')
        throw new RequestError('ALREADY_STORED', `The artifact is ${storage}: attach another to upload more`);
      // recorded like a mutation: before, and after with the key of what was changed
      const [origin, mutation] = [originOf(headers), 'uploadArtifact'];
      await open.audit?.append(principal, origin, {
        kind: 'attempt',
        mutation,
        inputDigest: keyDigest(`${id}/${sha256}`),
      });
      await store.put(content, { sha256, bytes: Number(bytes) });
      await database.transaction((inside) =>
        inside.updateWhere(Artifact, { storage: 'STORED' }, `id = ? AND storage = 'AWAITING_UPLOAD'`, [id]),
      );
      await open.audit?.append(principal, origin, { kind: 'change', mutation, object: id, replayed: false });
    },

    async get(id: string, headers: Headers): Promise<SentFile> {
      const principal = await caller(headers);
      const { storage, sha256, bytes, fileName, kind } = await known(id, principal, actorsOf(principal));
      if (storage !== 'STORED')
        throw new RequestError('NOT_FOUND', `The content is not in the store: it is ${storage}`);
      // what cannot be recorded is not given
      const read = { type: 'Artifact', sensitivity: 'PROPIN', keys: [id], count: 1 } as const;
      await open.audit?.append(principal, originOf(headers), { kind: 'read', objects: [read] });
      return {
        content: await store.get(sha256),
        bytes: Number(bytes),
        fileName: fileName ?? `${kind.toLowerCase()}-${id}`,
      };
    },
  };
}
