import { subscribe } from 'node:diagnostics_channel';

// loaded before a server that takes no part in the counting: tells its parent how many requests have come
let requests = 0;
subscribe('http.server.request.start', () => {
  requests += 1;
});
process.on('message', () => process.send?.(requests));
process.channel?.unref();
