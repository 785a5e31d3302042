/** A system with its findings and its plan of action, as the public API returns them. */
export interface SystemRecord {
  readonly id: string;
  readonly name: string;
  readonly exercise: boolean;
  readonly agency: { readonly key: string; readonly name: string };
  readonly inventory: readonly Asset[];
  readonly findings: readonly FindingRecord[];
  readonly items: readonly ItemRecord[];
}

export interface Asset {
  readonly id: string;
  readonly vendor: string;
  readonly product: string;
  readonly version: string | null;
  readonly count: number;
  /** `RECORDED`, or `REMOVED` from the system. */
  readonly status: string;
}

export interface FindingRecord {
  readonly id: string;
  readonly status: string;
  readonly detectedAt: string;
  readonly dueAt: string | null;
  readonly remediatedAt: string | null;
  readonly method: string;
  readonly vulnerability: { readonly cveId: string };
  readonly item: { readonly id: string } | null;
  readonly poamItem: { readonly id: string } | null;
}

export interface ItemRecord {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly responsibleRole: string;
  readonly resources: string | null;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly controls: readonly { readonly oscalId: string }[];
  readonly milestones: readonly MilestoneRecord[];
}

export interface MilestoneRecord {
  readonly id: string;
  readonly title: string;
  readonly dueOn: string;
  readonly doneOn: string | null;
}
