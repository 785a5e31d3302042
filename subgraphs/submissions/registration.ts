import type { Registration } from '#kit/subgraph/registration';

export const registration: Registration = { port: 4001, readsEvents: true };
