/** Where an oracle is known to do something else than the manual demands (known/difference.ts says what that means). */
import { debug } from './known/debug.js';
import type { KnownDifference } from './known/difference.js';
import { paging } from './known/paging.js';
import { transfers } from './known/transfers.js';

export const knownDifferences: readonly KnownDifference[] = [...transfers, ...paging, ...debug];
