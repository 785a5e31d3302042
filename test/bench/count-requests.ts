import { subscribe } from 'node:diagnostics_channel';

// loaded into a server that is unaware of it: reports to its parent how many requests have arrived
let requests = 0;
subscribe('http.server.request.start', () => {
  requests += 1;
});
process.on('message', () => process.send?.(requests));
process.channel?.unref();
