/** Where wirescope differs from the rows expected of a public capture, and why it is right to. */
export const arguedDifferences: Record<string, readonly { line: string; why: string }[]> = {};
