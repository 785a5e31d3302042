import { connect, createServer, type NetConnectOpts } from 'node:net';

/** `unix:PATH`, or `HOST:PORT`, or `HOST:PORT@LOCAL_ADDRESS` to connect from that address. */
function addressOf(text: string): NetConnectOpts {
  if (text.startsWith('unix:')) return { path: text.slice(5) };
  const [, host, port, localAddress] = /^(.+):(\d+)(?:@(.+))?$/.exec(text)!;
  return { host: host!, port: Number(port), ...(localAddress ? { localAddress } : {}) };
}

/** A program: forwards connections between network namespaces through Unix sockets, which all of them see. */
const [from, to] = process.argv.slice(2) as [string, string];
createServer({ allowHalfOpen: true }, (client) => {
  const server = connect({ ...addressOf(to), allowHalfOpen: true } as NetConnectOpts);
  client.pipe(server).pipe(client);
  client.on('error', () => server.destroy());
  server.on('error', () => client.destroy());
}).listen(addressOf(from), () => process.stdout.write('forwarding\n'));
