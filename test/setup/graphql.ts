// unless this is production, graphql-js looks for a second copy of itself whenever it asks what kind of type it has: a tenth of the tests' time
const { NODE_ENV } = process.env;
process.env.NODE_ENV = 'production';
require('graphql/jsutils/instanceOf');
process.env.NODE_ENV = NODE_ENV;
