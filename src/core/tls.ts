/** What is known of a TLS connection, with and without its keys: plain facts, as they stand in the trace format. */

export interface TlsFacts {
  /** `TLS 1.3`; `unknown` where the handshake was not captured. */
  version: string;
  /** The suite's name in the IANA registry; `unknown` where the handshake was not captured. */
  cipher: string;
  /** The host name the client asked for. */
  sni?: string;
  /** The protocol agreed on; in TLS 1.3 it is known only with the keys. */
  alpn?: string;
  /** Whether content was decrypted. */
  decrypted: boolean;
  /** Why content, or a part of it, was not decrypted. */
  reason?: string;
  offered?: TlsOffer;
  ja3?: string;
  ja4?: string;
  /** An earlier session goes on. */
  resumed?: boolean;
  /** The client sent data before the server had answered. */
  earlyData?: boolean;
  /**
   * The client sent a hello inside its hello, encrypted (ECH, RFC 9849), or a decoy of one, which browsers send everywhere:
   * `sni` is the name in the outer one.
   */
  encryptedHello?: boolean;
  /** The host name in the encrypted hello, where a key log opens it. */
  innerSni?: string;
  /** What each side showed of itself, its own certificate first. */
  certificates?: TlsCertificate[];
  alerts?: TlsAlert[];
  /** Records of application data, and the bytes in them as sent. In TLS 1.3 without keys, encrypted handshake records too. */
  records?: { client: number; server: number };
  recordBytes?: { client: number; server: number };
  /** What the sizes and turns of a connection that was not decrypted suggest. */
  estimate?: TlsEstimate;
}

/** What the client offered, in its order, GREASE values left out. */
export interface TlsOffer {
  versions: string[];
  ciphers: string[];
  alpn: string[];
}

export interface TlsCertificate {
  from: 'client' | 'server';
  subject: string;
  issuer: string;
  /** Subject alternative names: host names, addresses. */
  names: string[];
  /** Seconds since the Unix epoch. */
  validFrom: number;
  validTo: number;
  /** SHA-256 of the certificate, hex. */
  fingerprint: string;
}

export interface TlsAlert {
  from: 'client' | 'server';
  level: 'warning' | 'fatal';
  description: string;
}

export interface TlsEstimate {
  protocol: 'h2' | 'http/1.1' | 'unknown';
  /** Turns: the client spoke, then the server. */
  turns: number;
  /** Bytes of content, about. */
  client: number;
  server: number;
}

/** Takes what TLS decoders have learned, once a connection, before the connection closes. */
export interface TlsSink {
  tlsConnection(connection: number, facts: TlsFacts): void;
}
