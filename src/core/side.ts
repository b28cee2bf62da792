/** The two ends of a connection, as array indexes. */
export type Side = 0 | 1;

/** The end that opened the connection. */
export const client: Side = 0;
/** The end that was listening. */
export const server: Side = 1;

export function otherSide(side: Side): Side {
  return side === 0 ? 1 : 0;
}

export function sideName(side: Side): 'client' | 'server' {
  return side === 0 ? 'client' : 'server';
}
