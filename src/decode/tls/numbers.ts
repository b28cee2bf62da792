/** TLS's own numbers and their names (RFC 8446, RFC 5246 and the IANA registries). */

export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export const HandshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  clientKeyExchange: 16,
  finished: 20,
  keyUpdate: 24,
  compressedCertificate: 25,
} as const;

export const Extension = {
  serverName: 0,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  encryptThenMac: 22,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  preSharedKey: 41,
  earlyData: 42,
  supportedVersions: 43,
  encryptedClientHello: 0xfe0d,
  outerExtensions: 0xfd00,
} as const;

export const Version = { ssl3: 0x0300, tls10: 0x0301, tls11: 0x0302, tls12: 0x0303, tls13: 0x0304 } as const;

/** A record's header: type, version, length (RFC 8446 5.1). */
export const headerLength = 5;
/** The longest fragment: 2^14 and what TLS 1.2 allows for expansion (RFC 5246 6.2.3). */
export const longestFragment = 16_384 + 2048;

export function versionName(version: number): string {
  switch (version) {
    case Version.ssl3:
      return 'SSL 3.0';
    case Version.tls10:
    case Version.tls11:
    case Version.tls12:
    case Version.tls13:
      return `TLS 1.${version - Version.tls10}`;
    default:
      if (version >>> 8 === 0x7f) return `TLS 1.3 draft ${version & 0xff}`;
      return '0x' + version.toString(16).padStart(4, '0');
  }
}

/** Values reserved so that peers stay open to new ones (RFC 8701): 0x0a0a, 0x1a1a ... 0xfafa. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >>> 8 === (value & 0xff);
}

const alerts: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  22: 'record_overflow',
  30: 'decompression_failure',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  60: 'export_restriction',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  100: 'no_renegotiation',
  109: 'missing_extension',
  110: 'unsupported_extension',
  111: 'certificate_unobtainable',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  114: 'bad_certificate_hash_value',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  120: 'no_application_protocol',
  121: 'ech_required',
};

export function alertName(description: number): string {
  return alerts[description] ?? `alert ${description}`;
}
