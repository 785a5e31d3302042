import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Key of all clients whose address a trusted proxy does not report. */
const UNKNOWN = 'unknown';
const MAPPED = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/;

/**
 * Key of a client address for limits: the address, or the /64 network of an IPv6 address, since one client usually has all of its addresses.
 * Independent of notation and of a port, which some proxies append.
 */
export function addressKey(ip: string): string {
  const address = addressIn(ip);
  if (address === undefined) return UNKNOWN;
  return isIPv6(address) ? (ipv4In(address) ?? `${networkOf(address)}::/64`) : address;
}

/** The address without a port and a zone; undefined for any other text. */
function addressIn(text: string): string | undefined {
  const [plain = ''] = text.split('%');
  if (isIPv4(plain)) return plain;
  if (isIPv6(plain)) return new SocketAddress({ address: plain, family: 'ipv6' }).address;
  const [, host = ''] = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text) ?? /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text) ?? [];
  return host === '' ? undefined : addressIn(host);
}

/** IPv4 address of an IPv4-mapped IPv6 address. */
function ipv4In(address: string): string | undefined {
  const [, dotted, high, low] = MAPPED.exec(address) ?? [];
  if (dotted) return dotted;
  if (high === undefined || low === undefined) return undefined;
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((pair) => [pair >> 8, pair & 255])
    .join('.');
}

function networkOf(ip: string): string {
  const [before = '', after] = ip.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...tail].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
