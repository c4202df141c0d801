// One operation or fragment for everything a front-end can do with the schema, as Relay wants them written:
// each query, mutation and subscription, each connection paged, each node refetched.
import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';

const capital = (name) => name[0].toUpperCase() + name.slice(1);
const fieldsOf = (type) => Object.values(type.getFields());
const isConnection = (field) => getNamedType(field.type).name.endsWith('Connection');

/** What can be read of a type without giving arguments, objects one level deep. */
const selection = (type, depth = 1) => {
  if (isAbstractType(type)) return '{ __typename }';
  const fields = fieldsOf(type).filter(
    (field) => !field.args.some(isRequiredArgument) && !isConnection(field),
  );
  const parts = fields.flatMap((field) => {
    const of = getNamedType(field.type);
    if (isLeafType(of)) return [field.name];
    return depth > 0 ? [`${field.name} ${selection(of, depth - 1)}`] : [];
  });
  return `{ ${['__typename', ...parts].join(' ')} }`;
};

const list = (args, write) => (args.length ? `(${args.map(write).join(', ')})` : '');

const rootOperations = (kind, type) =>
  fieldsOf(type)
    .filter((field) => !isConnection(field))
    .map((field) => {
      const args = field.args.filter(isRequiredArgument);
      const variables = list(args, (arg) => `$${arg.name}: ${arg.type}`);
      const values = list(args, (arg) => `${arg.name}: $${arg.name}`);
      const of = getNamedType(field.type);
      const read = isLeafType(of) ? '' : selection(of);
      return `${kind} corpus${capital(field.name)}${capital(kind)}${variables} { ${field.name}${values} ${read} }`;
    });

const connections = (type) =>
  fieldsOf(type)
    .filter(isConnection)
    .map((field) => {
      const args = field.args.filter(isRequiredArgument);
      const definitions =
        args.length && `@argumentDefinitions${list(args, (arg) => `${arg.name}: { type: "${arg.type}" }`)}`;
      const values = ['first: 10', ...args.map((arg) => `${arg.name}: $${arg.name}`)].join(', ');
      const key = `corpus${type.name}_${field.name}`;
      return `fragment ${key} on ${type.name} ${definitions || ''} {
      ${field.name}(${values}) @connection(key: "${key}") { edges { node { __typename } } }
    }`;
    });

const refetchable = (type) =>
  `fragment corpus${type.name}_fields on ${type.name} @refetchable(queryName: "corpus${type.name}RefetchQuery") ${selection(type)}`;

export const corpus = (schema) => {
  const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith('__'));
  const isNode = (type) => type.getInterfaces().some(({ name }) => name === 'Node');
  return [
    ...rootOperations('query', schema.getQueryType()),
    ...rootOperations('mutation', schema.getMutationType()),
    ...(schema.getSubscriptionType() ? rootOperations('subscription', schema.getSubscriptionType()) : []),
    ...types.filter((type) => isObjectType(type) || isInterfaceType(type)).flatMap(connections),
    ...types.filter((type) => isObjectType(type) && isNode(type)).map(refetchable),
  ];
};
