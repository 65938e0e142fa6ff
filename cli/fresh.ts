/** Core and images brought up to date before they are used, by content hash; next to nothing when nothing changed. */
import { buildCore } from '../toolchain/driver/core.js';
import { buildImages } from '../toolchain/driver/images.js';
import { CheckFailedError } from './errors.js';

/**
 * @param names images that are needed
 * @throws CheckFailedError with the compiler's messages
 */
export async function bringUpToDate(names: readonly string[]): Promise<void> {
  await buildCore().catch((error: Error) => {
    throw new CheckFailedError(error.message);
  });
  const { failed } = await buildImages({ names, progress: (line) => process.stderr.write(`${line}\n`) });
  if (failed.length === 0) return;
  const messages = failed.map(({ image, error }) => `image ${image}: ${error.message}`);
  throw new CheckFailedError(`not everything could be built:\n${messages.join('\n')}`);
}
