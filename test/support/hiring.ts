import {
  ANNOUNCEMENT,
  APPLICATION,
  CANDIDATE,
  CERTIFICATE,
  HIRING_REQUEST,
  hiringManager,
  hr,
  POSITION,
  positionInput,
} from '../workforce/inputs';
import type { Framework } from './framework';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

/** The hiring of one agency, step by step. */
export class Hiring {
  readonly hr: string;
  readonly manager: string;
  private numbers = 0;

  constructor(
    private readonly graph: Framework,
    private readonly agency: string,
  ) {
    this.hr = hr(agency);
    this.manager = hiringManager(agency);
  }

  /** Calls a mutation as HR on an object as it is. */
  async step(mutation: string, object: Loose, fields: string, input: Loose = {}, caller = this.hr): Promise<Loose> {
    return this.graph.perform(caller, mutation, { id: object.id, expectedRevision: object.revision, ...input }, fields);
  }

  async position(): Promise<Loose> {
    const position = await this.graph.perform(this.hr, 'createPosition', positionInput(), POSITION);
    return this.step('fundPosition', position, POSITION);
  }

  async drafted(position?: Loose): Promise<Loose> {
    const { id } = position ?? (await this.position());
    const input = { position: id, authority: 'COMPETITIVE', hiringManager: 'Chief of incident response' };
    return this.graph.perform(this.manager, 'draftHiringRequest', input, HIRING_REQUEST);
  }

  submit = (request: Loose) => this.step('submitHiringRequest', request, HIRING_REQUEST, {}, this.manager);
  take = (request: Loose) => this.step('takeHiringRequest', request, HIRING_REQUEST, { hrSpecialist: 'HR specialist' });
  ready = (request: Loose) =>
    this.step('readyHiringRequest', request, HIRING_REQUEST, { authority: 'DIRECT_HIRE', jobAnalysisRef: 'ja/7' });

  async readied(): Promise<Loose> {
    return this.ready(await this.take(await this.submit(await this.drafted())));
  }

  announcementInput(requests: readonly Loose[], change: Loose = {}) {
    this.numbers += 1;
    return {
      controlNumber: `${this.agency}-${this.numbers}`,
      hiringRequests: requests.map(({ id }) => id),
      title: 'Incident Responder',
      openDate: this.graph.inDays(0).slice(0, 10),
      closeDate: this.graph.inDays(14).slice(0, 10),
      ...change,
    };
  }

  /** An announcement for as many new requests. */
  async announced(count = 1): Promise<Loose> {
    const requests: Loose[] = [];
    for (let place = 0; place < count; place += 1) requests.push(await this.readied());
    return this.graph.perform(this.hr, 'publishAnnouncement', this.announcementInput(requests), ANNOUNCEMENT);
  }

  private async bulk(mutation: string, items: readonly Loose[], fields: string): Promise<Loose[]> {
    const { data, errors } = await this.graph.call(this.hr, mutation, { items }, `results { message ${fields} }`);
    if (errors) throw new Error(JSON.stringify(errors));
    const [field] = fields.split(' ');
    return data[mutation].results.map((result: Loose) => {
      if (!result[field!]) throw new Error(`${mutation}: ${result.message}`);
      return result[field!];
    });
  }

  /** Applications of new candidates. */
  async received(controlNumber: string, count: number): Promise<Loose[]> {
    const people = Array.from({ length: count }, (_, place) => ({
      name: `Person ${place}`,
      email: `p${place}@example.org`,
    }));
    const candidates = await this.bulk('recordCandidates', people, CANDIDATE);
    const items = candidates.map(({ id }) => ({
      controlNumber,
      candidate: id,
      submittedAt: this.graph.inDays(0),
      veteransPreference: true,
    }));
    return this.bulk('recordApplications', items, APPLICATION);
  }

  async eligible(controlNumber: string, count: number): Promise<Loose[]> {
    const applications = await this.received(controlNumber, count);
    const items = applications.map(({ id, revision }) => ({
      id,
      expectedRevision: revision,
      rating: 'ELIGIBLE',
      assessmentScore: 90,
    }));
    return this.bulk('rateApplications', items, APPLICATION);
  }

  issue(requestId: string, applications: readonly Loose[]): Promise<Loose> {
    const ids = applications.map(({ id }) => id);
    const input = { hiringRequest: requestId, applications: ids, expiresAt: this.graph.inDays(30) };
    return this.graph.perform(this.hr, 'issueCertificate', input, CERTIFICATE);
  }

  /** An open certificate over new applications to a new announcement. */
  async referred(
    names: number,
    requests = 1,
  ): Promise<{ announcement: Loose; certificate: Loose; applications: Loose[] }> {
    const announcement = await this.announced(requests);
    const eligible = await this.eligible(announcement.controlNumber, names);
    const issued = await this.issue(announcement.hiringRequests[0].id, eligible);
    const certificate = await this.step('openCertificate', issued, CERTIFICATE, {}, this.manager);
    // referred: one revision later
    const applications = eligible.map((application) => ({ ...application, revision: application.revision + 1 }));
    return { announcement, certificate, applications };
  }

  select = (application: Loose, certificate: Loose) =>
    this.step('selectCandidate', application, APPLICATION, { certificate: certificate.id }, this.manager);

  /** Brings a selected candidate to a final offer. */
  async offered(selected: Loose): Promise<Loose> {
    const tentative = await this.step('extendTentativeOffer', selected, APPLICATION);
    const accepted = await this.step('acceptTentativeOffer', tentative, APPLICATION);
    return this.step('extendFinalOffer', accepted, APPLICATION, { investigationRef: 'inv/3' });
  }

  request = async (id: string): Promise<Loose> =>
    (
      await this.graph.ask(
        this.hr,
        `query ($id: ID!) { ${HIRING_REQUEST.replace('hiringRequest', 'hiringRequest(id: $id)')} }`,
        { id },
      )
    ).data.hiringRequest;
}
