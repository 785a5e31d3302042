import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { flag, generatedId, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { DeploymentStage } from '../tool/defensive-tool';
import { Vendor } from '../vendor/vendor';

export const UseCaseInventory = enumeration('UseCaseInventory', 'OMB inventory that lists an AI use case.', {
  INDIVIDUAL: 'Inventory of individual AI use cases.',
  COMMERCIAL: 'Inventory of common commercial AI products: one entry per agency and kind of use.',
});
export type UseCaseInventory = ValueOf<typeof UseCaseInventory>;

export const UseCaseImpact = enumeration('UseCaseImpact', 'High-impact status of an AI use case, as defined by OMB.', {
  HIGH_IMPACT: 'High-impact.',
  PRESUMED_NOT_HIGH: 'Presumed high-impact, but determined not to be.',
  NOT_HIGH_IMPACT: 'Not high-impact.',
});
export type UseCaseImpact = ValueOf<typeof UseCaseImpact>;

@model('AI use case published by an agency.', { order: ['agencyName', 'name'] })
export class AIUseCase {
  @generatedId('use') id!: string;
  @refersTo(() => Agency, 'Matching agency of the graph. Null if the published name matches none.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Agency name, as published.', { filter: true, order: true, length: 100 }) agencyName!: string;
  @text('Bureau of the agency, as published.', { nullable: true, filter: true }) bureau!: string | null;
  @oneOf(() => UseCaseInventory, 'OMB inventory that lists the use case.', { filter: true, order: true })
  inventory!: UseCaseInventory;
  @text('Id in the inventory. Many use cases have none, and some share one.', {
    nullable: true,
    filter: true,
    length: 40,
  })
  ombId!: string | null;
  @text('Name of the use case. Null if withheld.', {
    search: true,
    nullable: true,
    filter: true,
    order: true,
    length: 500,
  })
  name!: string | null;
  @oneOf(() => DeploymentStage, 'Deployment stage. Null if not published.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  stage!: DeploymentStage | null;
  @oneOf(() => UseCaseImpact, 'High-impact status. Null if not published.', {
    nullable: true,
    filter: true,
  })
  impact!: UseCaseImpact | null;
  @text('Topic area, as published.', { nullable: true, filter: true, order: true, length: 80 }) topic!: string | null;
  @flag('Whether the use case is about cybersecurity, inferred from its name, problem, and outputs.', { filter: true })
  cybersecurity!: boolean;
  @text('Type of AI, as published.', { nullable: true, filter: true, length: 60 }) classification!: string | null;
  @longText('Problem that the use case is meant to solve.', { nullable: true }) problem!: string | null;
  @longText('Expected benefits.', { nullable: true }) benefits!: string | null;
  @longText('Outputs of the AI system.', { nullable: true }) outputs!: string | null;
  @text('Date of first operation, as published.', { nullable: true, length: 60 }) operationalSince!: string | null;
  @text('Vendors or products, as published free text.', { nullable: true, filter: true, length: 500 }) vendorText!:
    | string
    | null;
  @flag('Whether the agency uses the product. Commercial inventory only.', { nullable: true, filter: true }) inUse!:
    | boolean
    | null;
  @text('Estimated number of licenses or users. Commercial inventory only.', { nullable: true, length: 40 })
  estimatedUsers!: string | null;
  @flag('Whether the system has an authorization to operate (ATO). Null if not published.', {
    nullable: true,
    filter: true,
  })
  haveAto!: boolean | null;
  @flag('Whether the system processes personally identifiable information. Null if not published.', {
    nullable: true,
    filter: true,
  })
  hasPii!: boolean | null;
  @text('Whether the agency tested it before deployment, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 60,
  })
  testing!: string | null;
  @text('Whether the agency completed an AI impact assessment, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 120,
  })
  impactAssessment!: string | null;
  @text('Who reviewed the AI impact assessment independently, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 120,
  })
  independentReview!: string | null;
  @text('Whether the agency monitors the use case, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 120,
  })
  monitoring!: string | null;
  @text('Whether operators are trained, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 120,
  })
  training!: string | null;
  @text('Whether the use case has a fail-safe, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 120,
  })
  failsafe!: string | null;
  @text('Whether affected people can appeal, as published. High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 120,
  })
  appeal!: string | null;
  @text('How the agency consulted the public, as published, joined by "; ". High-impact use cases only.', {
    nullable: true,
    filter: true,
    length: 1_000,
  })
  publicConsultation!: string | null;
  @longText('Potential impacts that the agency identified. High-impact use cases only.', { nullable: true })
  potentialImpacts!: string | null;
}

export const UseCaseVendor = links(
  () => AIUseCase,
  'vendors',
  () => Vendor,
  {
    description: 'Vendors recognized in the published vendor text.',
  },
);
