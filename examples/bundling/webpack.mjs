import webpack from 'webpack';
import { externals } from './externals.mjs';

const compiler = webpack({
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  output: { path: `${import.meta.dirname}/out`, filename: 'webpack.mjs', module: true, chunkFormat: 'module' },
  experiments: { outputModule: true },
  externalsType: 'import', // they are loaded when they are needed, and not before
  externals,
});
compiler.run((error, result) => {
  if (error) throw error;
  if (result.hasErrors() || result.hasWarnings()) throw new Error(result.toString());
});
