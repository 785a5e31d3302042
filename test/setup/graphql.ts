// outside of production, graphql-js looks for a second copy of itself at every type check: a tenth of the tests' time
const { NODE_ENV } = process.env;
process.env.NODE_ENV = 'production';
require('graphql/jsutils/instanceOf');
process.env.NODE_ENV = NODE_ENV;
