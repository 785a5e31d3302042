/** Operations that several clients run, as texts. */

export const sector = (operationName) => `
  query ${operationName}($key: ID!) {
    sector(key: $key) {
      id
      key
      name
    }
  }
`;

export const SECTOR = sector('Sector');

export const REGISTER = `
  mutation Register($input: RegisterModelInput!) {
    registerModel(input: $input) {
      model {
        id
        codename
        modalities
        parameterCount
        trainingComputeFlop
      }
      replayed
    }
  }
`;

export const REGISTER_VERSION = `
  mutation RegisterVersion($input: RegisterModelVersionInput!) {
    registerModelVersion(input: $input) {
      version {
        id
        checkpointHash
        frozenAt
      }
    }
  }
`;

export const ANNOUNCEMENTS = `
  query Announcements {
    announcements(first: 20) {
      nodes {
        openDate
        url
      }
    }
  }
`;

/**
 * Writes and reads values of each custom scalar.
 * @param run sends an operation with a client, and returns its data
 */
export async function roundTrip(run, { model, version }) {
  const { registerModel } = await run(REGISTER, { input: model });
  const input = { ...version, modelId: registerModel.model.id };
  const { registerModelVersion } = await run(REGISTER_VERSION, { input });
  const { announcements } = await run(ANNOUNCEMENTS, {});
  return { model: registerModel.model, version: registerModelVersion.version, announcements: announcements.nodes };
}
