/** The version that a report names; equal to that of package.json, which a test checks. */
export const version = "0.1.0"
