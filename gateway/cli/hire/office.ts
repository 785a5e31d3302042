import type { Caller } from '../voluntary/client';
import { aim, expect, type Revised, type Stage } from '../voluntary/stage';

/** A name on a certificate. */
export interface NameOnCertificate extends Revised {
  readonly status: string;
  readonly candidate: { readonly name: string };
}

const REQUEST = 'hiringRequest { id revision status }';
const APPLICATION = 'application { id revision status }';
const CERTIFICATE = 'certificate { id revision status }';

/** Statuses of names without a selection. */
const UNDECIDED: readonly string[] = ['REFERRED', 'INTERVIEWED'];
/** Statuses that need no outcome on a returned certificate. */
const WITHOUT_OUTCOME: readonly string[] = ['NOT_SELECTED', 'OFFER_RESCINDED'];

/** The HR office and the hiring manager of one agency, and the steps that each agency takes alike. */
export class Office {
  readonly hr: Caller;
  readonly hrSecond: Caller;
  readonly manager: Caller;
  /** Its hiring request, for a shared certificate. */
  request: Revised | undefined;

  constructor(
    private readonly stage: Stage,
    name: string,
    agency: string,
  ) {
    const specialist = (subject: string) => `role=hr-specialist; agency=${agency}; subject=${subject}`;
    this.hr = stage.caller(`${name} HR`, specialist('specialist-1'));
    this.hrSecond = stage.caller(`${name} HR, second specialist`, specialist('specialist-2'));
    this.manager = stage.caller(`${name} hiring manager`, `role=hiring-manager; agency=${agency}; subject=manager-1`);
  }

  async fundedPositions(count: number): Promise<Revised[]> {
    const created = await this.stage.doesAll(
      this.hr,
      `plans ${count === 1 ? 'a position' : `${count} positions`} for incident responders`,
      'createPositions',
      Array.from({ length: count }, () => ({
        ...{ title: 'Incident Responder (exercise)', series: '2210', payPlan: 'GS', gradeLow: 12, gradeHigh: 13 },
        ...{ primaryWorkRole: '531', talentArea: 'CYBERSECURITY', clearance: 'SECRET' },
        ...{ dutyStation: 'Washington, DC', supportsProgram: 'DEFENSE' },
      })),
      'position { id revision }',
    );
    return this.stage.doesAll(
      this.hr,
      `funds ${count === 1 ? 'it' : 'them'}`,
      'fundPositions',
      created.map((position) => ({ ...aim(position), exceptionReason: 'Exercise.' })),
      'position { id revision }',
    );
  }

  async submittedRequest(position: Revised): Promise<Revised> {
    const input = { position: position.id, authority: 'COMPETITIVE', hiringManager: 'Chief of incident response' };
    return this.submits(
      await this.stage.does(this.manager, 'drafts a hiring request', 'draftHiringRequest', input, REQUEST),
    );
  }

  submits(request: Revised): Promise<Revised> {
    return this.stage.does(
      this.manager,
      'submits it: the need is validated',
      'submitHiringRequest',
      aim(request),
      REQUEST,
    );
  }

  takes(request: Revised): Promise<Revised> {
    const input = { ...aim(request), hrSpecialist: 'HR specialist' };
    return this.stage.does(this.hr, 'takes the request', 'takeHiringRequest', input, REQUEST);
  }

  readies(request: Revised): Promise<Revised> {
    const input = { ...aim(request), authority: 'DIRECT_HIRE', jobAnalysisRef: 'ja/exercise' };
    return this.stage.does(this.hr, 'completes the request, by direct hire', 'readyHiringRequest', input, REQUEST);
  }

  async requestStatus(id: string): Promise<string> {
    const { hiringRequest } = await this.stage.asks(this.hr, 'query ($id: ID!) { hiringRequest(id: $id) { status } }', {
      id,
    });
    return hiringRequest.status;
  }

  async closesAnnouncement(controlNumber: string): Promise<void> {
    const { announcement } = await this.stage.asks(
      this.hr,
      'query ($number: ID!) { announcement(controlNumber: $number) { revision } }',
      { number: controlNumber },
    );
    const input = { controlNumber, expectedRevision: announcement.revision };
    const fields = 'announcement { status }';
    await this.stage.does(this.hr, 'closes the announcement early', 'closeAnnouncement', input, fields);
  }

  async issuesCertificate(request: Revised, controlNumber: string): Promise<Revised> {
    const { applications } = await this.stage.asks(
      this.hr,
      `query ($number: ID!) { applications(first: 100, orderBy: [{ field: ID }],
         filter: { announcement: { controlNumber: { eq: $number } }, status: { eq: ELIGIBLE } }) { nodes { id } } }`,
      { number: controlNumber },
    );
    return this.stage.does(
      this.hr,
      `refers the ${applications.nodes.length} eligible candidates to the hiring manager on a certificate`,
      'issueCertificate',
      {
        hiringRequest: request.id,
        applications: applications.nodes.map(({ id }: Revised) => id),
        expiresAt: this.stage.inDays(30),
      },
      CERTIFICATE,
    );
  }

  /** The certificate that another agency shared for the request of this one. */
  async receivedCertificate(): Promise<Revised> {
    const { certificates } = await this.stage.asks(
      this.manager,
      'query ($id: ID!) { certificates(filter: { request: { id: { eq: $id } } }) { nodes { id revision isShared } } }',
      { id: this.request!.id },
    );
    const [certificate] = certificates.nodes;
    expect(certificate?.isShared, 'the shared certificate arrived');
    return certificate;
  }

  opensCertificate(certificate: Revised): Promise<Revised> {
    return this.stage.does(this.manager, 'opens the certificate', 'openCertificate', aim(certificate), CERTIFICATE);
  }

  async namesOn(id: string): Promise<NameOnCertificate[]> {
    const { certificate } = await this.stage.asks(
      this.manager,
      `query ($id: ID!) { certificate(id: $id) {
         applications(first: 100) { nodes { id revision status candidate { name } } } } }`,
      { id },
    );
    const names: NameOnCertificate[] = certificate.applications.nodes;
    return names.sort((a, b) => (a.candidate.name < b.candidate.name ? -1 : 1));
  }

  /** Returns a certificate with an outcome for each name on it. */
  async returnsCertificate(certificate: Revised): Promise<Revised> {
    const names = await this.namesOn(certificate.id);
    const outcomeOf = (status: string) => (UNDECIDED.includes(status) ? 'NOT_SELECTED' : 'SELECTED');
    return this.stage.does(
      this.manager,
      'returns the certificate with an outcome for each name',
      'returnCertificate',
      {
        ...aim(certificate),
        outcomes: names
          .filter(({ status }) => !WITHOUT_OUTCOME.includes(status))
          .map(({ id, status }) => ({ application: id, outcome: outcomeOf(status) })),
      },
      CERTIFICATE,
    );
  }

  async interviews(name: NameOnCertificate): Promise<void> {
    const { revision } = await this.stage.does(
      this.manager,
      `interviews ${name.candidate.name}`,
      'recordInterview',
      aim(name),
      APPLICATION,
    );
    Object.assign(name, { revision });
  }

  selects(name: NameOnCertificate, certificate: Revised): Promise<Revised> {
    const input = { ...aim(name), certificate: certificate.id };
    return this.stage.does(this.manager, `selects ${name.candidate.name}`, 'selectCandidate', input, APPLICATION);
  }

  /** @param reciprocity earlier investigation, with which the final offer follows at once */
  async offers(application: Revised, reciprocity?: string): Promise<Revised> {
    const tentative = await this.stage.does(
      this.hr,
      'makes a tentative offer',
      'extendTentativeOffer',
      aim(application),
      APPLICATION,
    );
    return this.stage.does(
      this.hr,
      reciprocity ? `records that the candidate accepted, with ${reciprocity}` : 'records that the candidate accepted',
      'acceptTentativeOffer',
      { ...aim(tentative), reciprocityRef: reciprocity ? 'inv/earlier' : null },
      APPLICATION,
    );
  }

  finalOffer(application: Revised): Promise<Revised> {
    const input = { ...aim(application), investigationRef: 'inv/exercise' };
    return this.stage.does(this.hr, 'makes the final offer', 'extendFinalOffer', input, APPLICATION);
  }

  async entersOnDuty(application: Revised): Promise<void> {
    const entered = await this.stage.does(
      this.hr,
      'records the entry on duty: the request and the position are filled',
      'recordEntryOnDuty',
      aim(application),
      'application { id status hiringRequest { id status position { id status } } }',
    );
    const { status, position } = entered.hiringRequest;
    expect(status === 'FILLED' && position.status === 'FILLED', 'request and position are filled');
  }
}
