/**
 * How long a folder without a row may be about to get one.
 *
 * @module
 */

/** Another server's upload that is between its rename and its commit takes less than this. */
export const ORPHAN_GRACE_MS: number = 60 * 60 * 1000;
