import { createHash } from 'node:crypto';

/** Namespace of the UUIDs of objects of this graph. */
const NAMESPACE = '9b0d4c0e-3c5f-4c55-9a35-6f2e0a6a7d11';

/** The UUID of an object, by RFC 9562, version 5: the same in every document. @param name unique in the graph, such as an id */
export function uuidOf(name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
