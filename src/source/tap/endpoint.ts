/** Where the tap listens and where it connects to: `host:port`, `:port`, `port`, `[ipv6]:port` or `unix:PATH`. */
import { UsageError } from '../../core/errors.ts';

export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

/** @param host for text that names a port alone */
export function parseEndpoint(text: string, host = '127.0.0.1'): Endpoint {
  if (text.startsWith('unix:') && text.length > 5) return { path: text.slice(5) };
  const plain = text.replace(/^(?:http|ws|tcp):\/\//, '').replace(/\/$/, '');
  const [, bracketed, name, digits] = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/]*)):)?(\d{1,5})$/.exec(plain) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 0xffff)
    throw new UsageError(`"${text}" is no address; expected host:port, like localhost:3000, or unix:PATH`);
  return { host: bracketed ?? (name || host), port };
}

export function endpointName(endpoint: Endpoint): string {
  if ('path' in endpoint) return `unix:${endpoint.path}`;
  return authority(endpoint.host, endpoint.port);
}

/** `host:port`, IPv6 in brackets. */
export function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isLoopback(endpoint: Endpoint): boolean {
  return 'path' in endpoint || /^(?:localhost|127(?:\.\d+){3}|::1)$/i.test(endpoint.host);
}
