// The parts of the YAML library that are used, by name: a bundle keeps the names only of what is imported statically.
// Loaded only when a configuration is read.
export { isCollection, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';
