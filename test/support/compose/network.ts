import type { ComposeFile, ComposeService } from './file';

/** The networks of a Compose file and the addresses in them. */
export interface Layout {
  /** By service and network. */
  readonly addresses: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Shell commands that create all of it. */
  readonly commands: readonly string[];
  /** Lines of /etc/hosts: the services that a service can reach by name. */
  hostsFor(service: string): string;
}

const attachmentsOf = ({ networks }: ComposeService): [network: string, address: string | undefined][] =>
  Array.isArray(networks)
    ? networks.map((name) => [name, undefined])
    : Object.entries(networks as Record<string, { ipv4_address?: string }>).map(([name, attachment]) => [
        name,
        attachment.ipv4_address,
      ]);

/** A bridge for each network, with the machine at its first address; a pair of virtual interfaces for each attachment. */
export function layoutOf({ services, networks }: ComposeFile): Layout {
  const prefixes = new Map(
    Object.entries(networks).map(([name, { ipam }], index) => [
      name,
      ipam?.config[0].subnet.replace(/\.0\/24$/, '') ?? `10.219.${200 + index}`,
    ]),
  );
  const bridges = new Map([...prefixes.keys()].map((name, index) => [name, `br${index}`]));
  const commands = [...prefixes].flatMap(([name, prefix]) => [
    `ip link add ${bridges.get(name)} type bridge`,
    `ip addr add ${prefix}.1/24 dev ${bridges.get(name)}`,
    `ip link set ${bridges.get(name)} up`,
  ]);
  const addresses = new Map<string, Map<string, string>>();
  let interfaces = 0;
  let next = 50;
  for (const [service, definition] of Object.entries(services)) {
    const ownAddresses = new Map<string, string>();
    addresses.set(service, ownAddresses);
    commands.push(`ip netns add ${service}`, `ip -n ${service} link set lo up`);
    for (const [network, fixed] of attachmentsOf(definition)) {
      const address = fixed ?? `${prefixes.get(network)}.${next++}`;
      const [outside, inside] = [`v${interfaces}`, `eth${interfaces}`];
      interfaces += 1;
      ownAddresses.set(network, address);
      commands.push(
        `ip link add ${outside} type veth peer name ${inside} netns ${service}`,
        `ip link set ${outside} master ${bridges.get(network)} up`,
        `ip -n ${service} addr add ${address}/24 dev ${inside}`,
        `ip -n ${service} link set ${inside} up`,
      );
      // an internal network has no route to the outside
      if (!networks[network]?.internal)
        commands.push(`ip -n ${service} route add default via ${prefixes.get(network)}.1`);
    }
  }
  return {
    addresses,
    commands,
    hostsFor(service) {
      const ownAddress = addresses.get(service)!;
      const lines = [...addresses].flatMap(([name, theirs]) =>
        [...theirs].filter(([network]) => ownAddress.has(network)).map(([, address]) => `${address} ${name}`),
      );
      return ['127.0.0.1 localhost', ...lines, ''].join('\n');
    },
  };
}
