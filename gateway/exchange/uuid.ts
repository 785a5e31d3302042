import { v5 } from 'uuid';

/** Namespace of the UUIDs of objects of this graph. */
const NAMESPACE = '9b0d4c0e-3c5f-4c55-9a35-6f2e0a6a7d11';

/** The UUID of an object, by RFC 9562, version 5: the same in every document. @param name unique in the graph, such as an id */
export const uuidOf = (name: string): string => v5(name, NAMESPACE);
