import type { Readable } from 'node:stream';
import { NotFoundError, orNotFound, RequestError } from '#base/errors';
import { type FileExchange, type Headers, type SentFile, unauthenticated } from '#base/files/exchange';
import { originOf } from '#base/http/origin';
import type { Principal } from '#base/identity/principal';
import { VOLUNTARY_ACTORS } from '#domain/contracts/actors';
import { keyDigest } from '#kit/audit/settle';
import type { Database } from '#kit/database/database';
import type { ContentStore } from '#kit/files/content-store';
import { actorsOf } from '#kit/mutation/actors';
import { Work } from '#kit/mutation/work';
import { visible } from '#kit/policy/visible';
import { IllegalTransitionError } from '#kit/state/state-machine';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { submissionRights } from '../policy';
import { Artifact } from './artifact';
import { lockContent } from './document-contents';
import { DOCUMENT_STATES } from './lifecycle';
import { SubmissionFile } from './submission-file';

/** Name of an upload in the record and in errors. */
const UPLOAD = 'uploadArtifact';

/** Sensitivity class of document contents. */
const SENSITIVITY = 'PROPIN';

export function artifactExchange(open: OpenSubgraph, store: ContentStore): FileExchange {
  const { database, clock } = open;

  const caller = async (headers: Headers): Promise<Principal> => {
    const principal = await open.door.enter(headers);
    if (!principal) throw unauthenticated();
    return principal;
  };

  /** The artifact, if its developer may upload the content now. Locks its submission, as every destruction does. */
  const awaited = async (inside: Database, id: string, principal: Principal): Promise<Artifact> => {
    const missing = new NotFoundError('artifact', id, 'id');
    const work = new Work(inside, clock, principal, 'DEVELOPER');
    const known = await visible(work, submissionRights, Artifact, id);
    if (!known) throw missing;
    const { submission } = await orNotFound(missing, SubmissionFile.open(work, known.submissionId));
    const [artifact] = await inside.findBy(Artifact, 'id', [id]);
    if (!artifact) throw missing;
    if (!DOCUMENT_STATES.includes(submission.lifecycle))
      throw new IllegalTransitionError('submission', submission.lifecycle, UPLOAD, DOCUMENT_STATES);
    if (artifact.storage !== 'AWAITING_UPLOAD')
      throw new RequestError(
        'ALREADY_STORED',
        `The artifact is ${artifact.storage}, not AWAITING_UPLOAD: attach a new one to upload again`,
      );
    return artifact;
  };

  /** The artifact, for callers who may read it in the graph: the same policy applies. */
  const readable = async (id: string, principal: Principal): Promise<Artifact> => {
    const { loaders } = open.context(principal);
    const artifact = await loaders.byKey(Artifact).load(id);
    if (!artifact || !(await loaders.mayRead(Artifact, SENSITIVITY).load(id)))
      throw new NotFoundError('artifact', id, 'id');
    return artifact;
  };

  return {
    async put(id: string, content: Readable, headers: Headers): Promise<void> {
      const principal = await caller(headers);
      if (!actorsOf(principal, VOLUNTARY_ACTORS).includes('DEVELOPER'))
        throw new RequestError('FORBIDDEN', 'Only the developer uploads documents');
      const { sha256, bytes } = await database.transaction((inside) => awaited(inside, id, principal));
      // recorded like a mutation: before the write, and after it with the key of the changed object
      const [origin, mutation] = [originOf(headers), UPLOAD];
      await open.audit?.append(principal, origin, {
        kind: 'attempt',
        mutation,
        inputDigest: keyDigest(`${id}/${sha256}`),
      });
      const received = await store.receive(content, { sha256, bytes: Number(bytes) });
      try {
        await database.atomically(async (inside) => {
          // the artifact may have been destroyed during the upload, or stored by another one
          await awaited(inside, id, principal);
          await lockContent(inside, sha256);
          await inside.update(Artifact, id, { storage: 'STORED' });
          // last, so that nothing but the commit can fail after it
          await received.keep();
        });
      } finally {
        await received.discard();
      }
      await open.audit?.append(principal, origin, { kind: 'change', mutation, object: id, replayed: false });
    },

    async get(id: string, headers: Headers): Promise<SentFile> {
      const principal = await caller(headers);
      const { storage, sha256, bytes, fileName, kind } = await readable(id, principal);
      if (storage !== 'STORED')
        throw new RequestError('NOT_FOUND', `The content is not in the store: the artifact is ${storage}`);
      // record first: content goes out only if its read is on record
      const read = { type: 'Artifact', sensitivity: SENSITIVITY, keys: [id], count: 1 } as const;
      await open.audit?.append(principal, originOf(headers), { kind: 'read', objects: [read] });
      return {
        content: await store.get(sha256),
        bytes: Number(bytes),
        fileName: fileName ?? `${kind.toLowerCase()}-${id}`,
      };
    },
  };
}
