import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Caller } from '../../gateway/cli/voluntary/client';
import { developer, SUBMISSION } from './framework';
import { identityEnvironment } from './identity';
import { freePort, type Running, run, waitForOutput } from './processes';

export const ARTIFACT = 'artifact { id storage storedWhere }';

/** A gateway and the subgraph of submissions, each a process, with a draft that documents can be attached to. */
export class FileStack {
  private keys = 0;

  private constructor(
    readonly gateway: Running,
    readonly subgraph: Running,
    readonly url: string,
    readonly subgraphUrl: string,
    readonly token: (principal: string) => Promise<string>,
    /** File of the private key with which the gateway signs identities. */
    readonly identityKey: string,
    private readonly folder: string,
  ) {}

  private submissionId = '';

  /** @param settings of the gateway and of the subgraph, by environment variable */
  static async start(
    settings: { gateway?: Record<string, string>; subgraph?: Record<string, string> } = {},
  ): Promise<FileStack> {
    const folder = mkdtempSync(join(tmpdir(), 'ordergraph-file-stack-'));
    const { environment, token } = await identityEnvironment();
    const [port, gatewayPort] = [await freePort(), await freePort()];
    const subgraph = run(['subgraph', 'submissions', '--port', String(port), '--data', folder], {
      ORDERGRAPH_LOG_LEVEL: 'error',
      ...environment,
      ...settings.subgraph,
    });
    await waitForOutput(subgraph, /answers at/);
    const subgraphUrl = `http://127.0.0.1:${port}`;
    const gateway = run(
      ['gateway', '--port', String(gatewayPort), '--subgraph-url', `submissions=${subgraphUrl}/graphql`],
      { ...environment, ...settings.gateway },
    );
    await waitForOutput(gateway, /The graph answers at/);
    const key = environment.ORDERGRAPH_IDENTITY_KEY!;
    const url = `http://127.0.0.1:${gatewayPort}`;
    const stack = new FileStack(gateway, subgraph, url, subgraphUrl, token, key, folder);
    await stack.draft();
    return stack;
  }

  caller(principal: string | null): Caller {
    return new Caller(this.url, 'test', principal === null ? null : () => this.token(principal));
  }

  private async perform(mutation: string, input: Record<string, unknown>, fields: string) {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const { data, errors } = await this.caller(developer()).ask(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${fields} } }`,
      { input: { ...input, idempotencyKey: `${mutation}-${this.keys++}` } },
    );
    if (errors) throw new Error(JSON.stringify(errors));
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
    return Object.values(data[mutation])[0] as any;
  }

  private async draft(): Promise<void> {
    const organization = { key: 'alder', legalName: 'Alder', category: 'INDUSTRY' };
    await this.perform('registerOrganization', organization, 'organization { key }');
    const model = await this.perform('registerModel', { codename: 'm', modalities: [] }, 'model { id }');
    const version = await this.perform('registerModelVersion', { modelId: model.id, label: 'rc' }, 'version { id }');
    const draft = await this.perform(
      'draftSubmission',
      {
        versionId: version.id,
        launchPlan: { plannedLaunchAt: new Date(Date.now() + 10 * 86_400_000).toISOString() },
        sharingPreference: 'ALL_REVIEWING_AGENCIES',
      },
      SUBMISSION,
    );
    this.submissionId = draft.id;
  }

  /**
   * Announces a document.
   * @returns the path of its upload
   */
  async attach(sha256: string, bytes: number): Promise<string> {
    const input = { submissionId: this.submissionId, kind: 'EVAL_REPORT', sha256, bytes: String(bytes) };
    return (await this.perform('attachArtifact', input, ARTIFACT)).storedWhere;
  }

  /** Announces a document with this content. */
  attachContent(content: Buffer): Promise<string> {
    return this.attach(createHash('sha256').update(content).digest('hex'), content.length);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
