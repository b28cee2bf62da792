/** Collects what a connection's handshake says in clear, its alerts and sizes: the facts of its record. */
import { sideName, type Side } from '../../core/side.ts';
import type { TlsAlert, TlsCertificate, TlsFacts } from '../../core/tls.ts';
import type { CertificateSummary } from './certificate.ts';
import { cipherSuiteName } from './cipher-suite-names.ts';
import type { ClientHello } from './client-hello.ts';
import { ja3, ja4 } from './fingerprint.ts';
import { alertName, isGrease, Version, versionName } from './numbers.ts';
import type { ServerHello } from './server-hello.ts';
import { Turns } from './turns.ts';

const fatal = 2;
const alertLimit = 16;
/** Of each list a client offers; no honest one is as long. */
const offerLimit = 256;
const longestName = 255;

export class FactBook {
  /** Protocol agreed on. */
  alpn: string | undefined = undefined;
  resumed = false;
  readonly turns: Turns = new Turns();
  private hello: ClientHello | null = null;
  private inner: ClientHello | null = null;
  private server: ServerHello | null = null;
  private readonly certificates: TlsCertificate[] = [];
  private readonly alerts: TlsAlert[] = [];

  /** The first hello counts: later ones repeat or renegotiate it. */
  clientHello(hello: ClientHello): void {
    this.hello ??= hello;
  }

  /** What the client's hello held in secret. */
  innerHello(hello: ClientHello): void {
    this.inner ??= hello;
  }

  serverHello(hello: ServerHello): void {
    this.server = hello;
    this.alpn ??= hello.alpn;
  }

  addCertificates(side: Side, chain: readonly CertificateSummary[]): void {
    const from = sideName(side);
    if (this.certificates.some((known) => known.from === from)) return;
    for (const certificate of chain) this.certificates.push({ from, ...certificate });
  }

  alert(side: Side, level: number, description: number): void {
    if (this.alerts.length >= alertLimit) return;
    const name = level === fatal ? 'fatal' : 'warning';
    this.alerts.push({ from: sideName(side), level: name, description: alertName(description) });
  }

  facts(decrypted: boolean, reason: string | undefined, sizes: Pick<TlsFacts, 'records' | 'recordBytes'>): TlsFacts {
    const { hello, inner, server, certificates, alerts, alpn } = this;
    const estimate = decrypted ? undefined : this.turns.estimate(alpn, hello?.alpn ?? []);
    return {
      version: server === null ? 'unknown' : versionName(server.version),
      cipher: server === null ? 'unknown' : cipherSuiteName(server.cipher),
      ...(hello?.sni === undefined ? {} : { sni: hello.sni.slice(0, longestName) }),
      ...(alpn === undefined ? {} : { alpn }),
      decrypted,
      ...(reason === undefined ? {} : { reason }),
      ...(hello === null ? {} : { offered: offerOf(hello), ja3: ja3(hello), ja4: ja4(hello) }),
      ...(this.resumed ? { resumed: true } : {}),
      ...(hello?.earlyData === true ? { earlyData: true } : {}),
      ...(hello?.encryptedHello === true ? { encryptedHello: true } : {}),
      ...(inner?.sni === undefined ? {} : { innerSni: inner.sni.slice(0, longestName) }),
      ...(certificates.length === 0 ? {} : { certificates }),
      ...(alerts.length === 0 ? {} : { alerts }),
      ...sizes,
      ...(estimate === undefined ? {} : { estimate }),
    };
  }
}

function offerOf(hello: ClientHello): NonNullable<TlsFacts['offered']> {
  const versions = hello.versions.filter((version) => !isGrease(version));
  return {
    versions: (versions.length > 0 ? versions : versionsUpTo(hello.version)).slice(0, offerLimit).map(versionName),
    ciphers: hello.ciphers
      .filter((cipher) => !isGrease(cipher))
      .slice(0, offerLimit)
      .map(cipherSuiteName),
    alpn: hello.alpn.filter((name) => !isGreaseName(name)).slice(0, offerLimit),
  };
}

/** Without the extension a client offers its version, and whatever the server can before it. */
function versionsUpTo(version: number): number[] {
  return [Math.min(version, Version.tls12)];
}

function isGreaseName(name: string): boolean {
  return name.length === 2 && isGrease((name.charCodeAt(0) << 8) | name.charCodeAt(1));
}
