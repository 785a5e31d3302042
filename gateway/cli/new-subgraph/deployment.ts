import type { SubgraphPlan } from './plan';
import { capitalized } from './sources';

/** How a container of the subgraph is built and started. */
export interface Container {
  /** Image in a cluster. */
  readonly image: string;
  /** Lines of a Compose service that build it. */
  readonly build: string;
  /** What `ordergraph subgraph` runs: a name, or the path of a module. */
  readonly module: string;
  /** Whether the stack's `migrate` service knows its tables. Otherwise it migrates its own database when it starts. */
  readonly isMigrated: boolean;
}

/**
 * The part of docker-compose.yml that runs a subgraph with its own database, keys and record: a second file for `docker compose -f`.
 */
export function composePart({ name, agency }: SubgraphPlan, { build, module, isMigrated }: Container): string {
  const title = name.toUpperCase();
  const database = `mysql://${name}:\${${title}_DB_PASSWORD:?set it in .env}@mysql:3306/${name}`;
  return `# Runs ${name} beside the stack of docker-compose.yml:
#   docker compose -f docker-compose.yml -f <this file> up --build --wait
# .env needs ${title}_DB_PASSWORD and ${title}_EVENTS_PASSWORD, and ./secrets the keys that \`npm run keys\` makes for ${name}.
# Gateways serve it once it is registered, and publishers of ${agency.key} have published its schema:
#   docker compose run --rm publisher register ${name} --agencies ${agency.key} --address http://${name}:4000/graphql
services:
  gateway-1:
    depends_on:
      ${name}:
        condition: service_healthy

  gateway-2:
    depends_on:
      ${name}:
        condition: service_healthy

${isMigrated ? migrated(title, database) : ''}  mysql:
    environment:
      ${title}_DB_PASSWORD: \${${title}_DB_PASSWORD:?set it in .env}

  ${name}:
${build}    command: [subgraph, ${module}]
    restart: unless-stopped
    init: true
    read_only: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    stop_grace_period: 30s
    depends_on:
      migrate:
        condition: service_completed_successfully
      redis:
        condition: service_healthy
    environment:
      ORDERGRAPH_HOST: 0.0.0.0
      ORDERGRAPH_PORT: "4000"
      ORDERGRAPH_IDENTITY_KEYS: /run/secrets/identity-keys.json
      ORDERGRAPH_AUDIT: /record
      ORDERGRAPH_AUDIT_KEY: /run/sender/audit-key.json
      ORDERGRAPH_AUDIT_KEYS: /run/secrets/audit-keys.json
      ORDERGRAPH_METRICS_HOST: 0.0.0.0
      ORDERGRAPH_METRICS_PORT: "9464"
      ORDERGRAPH_DRAIN_MS: "2000"
      ORDERGRAPH_SHUTDOWN_MS: "20000"
      # for seals of its record
      ORDERGRAPH_EVENTS_URL: redis://${name}:\${${title}_EVENTS_PASSWORD:?set it in .env}@redis:6379
      ORDERGRAPH_${title}_DATABASE_URL: ${database}
    volumes:
      - ./secrets/subgraphs:/run/secrets:ro
      - ./secrets/senders/${name}:/run/sender:ro
      - record-${name}:/record
    networks: [graph, events, data]
    healthcheck:
      test:
        - CMD
        - node
        - -e
        - "fetch('http://127.0.0.1:4000/health/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
      interval: 5s
      timeout: 3s
      retries: 12
      start_period: 10s

  redis:
    configs:
      - source: events-${name}
        target: /config/subgraphs/${name}.conf

volumes:
  record-${name}: {}

configs:
  events-${name}:
    content: |
      # shows the seals of its record, and reads those of others
      user ${name} on >\${${title}_EVENTS_PASSWORD:?set it in .env} -@all +ping +info (+hset ~ordergraph:events:seals:${name}) (+hlen +hgetall +memory|usage ~ordergraph:events:seals:*)
`;
}

const migrated = (title: string, database: string) => `  migrate:
    environment:
      ORDERGRAPH_${title}_DATABASE_URL: ${database}

`;

/**
 * The part of a Kubernetes manifest that runs a subgraph: only gateways reach it. It expects the secrets that it names, with the files of
 * `npm run keys`, and a database.
 */
export function kubernetesPart({ name, agency }: SubgraphPlan, { image, module }: Container): string {
  const title = name.toUpperCase();
  return `# ${capitalized(name)}, owned by ${agency.name}. Secrets that must exist:
#   ordergraph-subgraphs   identity-keys.json and audit-keys.json of \`npm run keys\`
#   ${name}-sender         audit-key.json of senders/${name}
#   ${name}-database       url, such as mysql://${name}:password@host:3306/${name}
# Gateways serve it once an operator has registered it, and publishers of ${agency.key} have published its schema:
#   ordergraph registry register ${name} --agencies ${agency.key} --address http://${name}:4000/graphql
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: ordergraph }
spec:
  # each replica keeps a record of its own
  replicas: 1
  strategy: { type: Recreate }
  selector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  template:
    metadata:
      labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: ordergraph }
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 }
      containers:
        - name: ${name}
          image: ${image}
          args: [subgraph, ${module}]
          env:
            - { name: ORDERGRAPH_HOST, value: 0.0.0.0 }
            - { name: ORDERGRAPH_PORT, value: "4000" }
            - { name: ORDERGRAPH_IDENTITY_KEYS, value: /run/secrets/identity-keys.json }
            - { name: ORDERGRAPH_AUDIT, value: /record }
            - { name: ORDERGRAPH_AUDIT_KEY, value: /run/sender/audit-key.json }
            - { name: ORDERGRAPH_AUDIT_KEYS, value: /run/secrets/audit-keys.json }
            - { name: ORDERGRAPH_METRICS_HOST, value: 0.0.0.0 }
            - { name: ORDERGRAPH_METRICS_PORT, value: "9464" }
            - name: ORDERGRAPH_${title}_DATABASE_URL
              valueFrom: { secretKeyRef: { name: ${name}-database, key: url } }
          ports:
            - { name: graphql, containerPort: 4000 }
            - { name: metrics, containerPort: 9464 }
          readinessProbe:
            httpGet: { path: /health/ready, port: graphql }
          livenessProbe:
            httpGet: { path: /health/live, port: graphql }
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          resources:
            requests: { cpu: 100m, memory: 256Mi }
            limits: { memory: 512Mi }
          volumeMounts:
            - { name: keys, mountPath: /run/secrets, readOnly: true }
            - { name: sender, mountPath: /run/sender, readOnly: true }
            - { name: record, mountPath: /record }
      volumes:
        - { name: keys, secret: { secretName: ordergraph-subgraphs } }
        - { name: sender, secret: { secretName: ${name}-sender } }
        - { name: record, persistentVolumeClaim: { claimName: ${name}-record } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: ${name}-record
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 10Gi } }
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app.kubernetes.io/name: ${name} }
  ports:
    - { name: graphql, port: 4000, targetPort: graphql }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: ${name}
spec:
  podSelector:
    matchLabels: { app.kubernetes.io/name: ${name} }
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            matchLabels: { app.kubernetes.io/name: ordergraph-gateway }
      ports:
        - { port: graphql }
`;
}
