/** The image that the last stage of a Dockerfile describes; the other stages build it. */
export interface Image {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly entrypoint: readonly string[];
  readonly user: string;
  /** Paths in the image by copied path: paths in the project once it is built. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
  /** Folders that the user of the image may write to unless the root is read-only. */
  readonly owned: readonly string[];
}

/** @throws Error for an unsupported instruction */
export function readDockerfile(text: string): Image {
  const lastStage = text.slice(text.lastIndexOf('\nFROM ') + 1);
  const image = { environment: {} as Record<string, string>, folder: '/', entrypoint: [] as string[], user: '0' };
  const copies: { from: string; to: string }[] = [];
  const owned: string[] = [];
  const resolved = (path: string) => (path.startsWith('/') ? path : `${image.folder}/${path}`);
  const instructions: Record<string, (rest: string) => void> = {
    ENV: (rest) => {
      const [name, value] = rest.split('=') as [string, string];
      image.environment[name] = value;
    },
    WORKDIR: (rest) => {
      image.folder = rest;
    },
    COPY: (rest) => {
      const [, source, target] = /^--from=build (\S+) (\S+)$/.exec(rest)!;
      const from = source!.replace(/^\/app\//, '');
      const name = from.split('/').at(-1)!;
      const to = target === './' ? name : target!.endsWith('/') ? `${target}${name}` : target!;
      copies.push({ from, to: resolved(to) });
    },
    RUN: (rest) => {
      const [, folders] = /^mkdir (.+) && chown node:node \1$/.exec(rest)!;
      owned.push(...folders!.split(' '));
    },
    USER: (rest) => {
      image.user = rest;
    },
    ENTRYPOINT: (rest) => {
      image.entrypoint = JSON.parse(rest) as string[];
    },
  };
  for (const line of lastStage.split('\n').slice(1)) {
    const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (!name || name === 'EXPOSE' || name === 'CMD') continue;
    const read = instructions[name];
    if (!read) throw new Error(`The Dockerfile has "${name}", which test/support/compose does not support`);
    read(rest!);
  }
  return { ...image, copies, owned };
}
