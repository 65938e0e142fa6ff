import type { Claim } from './claim.js';
import { handClaims } from './hand.js';
import { heiserClaims } from './heiser.js';
import { laterClaims } from './later.js';

export const claims: readonly Claim[] = [...handClaims, ...heiserClaims, ...laterClaims];

/** Claims by id. @throws Error naming the allowed ids */
export function claimsById(ids: readonly string[]): Claim[] {
  return ids.map((id) => {
    const claim = claims.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
    if (claim === undefined) {
      throw new Error(`unknown claim "${id}"; allowed: ${claims.map((candidate) => candidate.id).join(', ')}`);
    }
    return claim;
  });
}
