/** The numbers of pcapng (draft-ietf-opsawg-pcapng): block types, option codes, secrets types. Shared by reader and writer. */

export const BlockType = {
  interfaceDescription: 0x00000001,
  /** The obsolete packet block. */
  packet: 0x00000002,
  simplePacket: 0x00000003,
  nameResolution: 0x00000004,
  interfaceStatistics: 0x00000005,
  enhancedPacket: 0x00000006,
  systemdJournal: 0x00000009,
  decryptionSecrets: 0x0000000a,
  custom: 0x00000bad,
  customNoCopy: 0x40000bad,
  /** A palindrome: the same in both byte orders. */
  sectionHeader: 0x0a0d0d0a,
} as const;

export const byteOrderMagic = 0x1a2b3c4d;

export const OptionCode = {
  end: 0,
  comment: 1,
  hardware: 2,
  operatingSystem: 3,
  application: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  timestampResolution: 9,
  fcsLength: 13,
  timestampOffset: 14,
  packetFlags: 2,
} as const;

/** The NSS key log, as SSLKEYLOGFILE holds it. */
export const tlsKeyLog = 0x544c534b;

/** The smallest whole length of each block type that is known; 0 for any other. */
export function smallestBlock(type: number): number {
  switch (type) {
    case BlockType.sectionHeader:
      return 28;
    case BlockType.interfaceDescription:
    case BlockType.decryptionSecrets:
      return 20;
    case BlockType.enhancedPacket:
    case BlockType.packet:
      return 32;
    case BlockType.simplePacket:
    case BlockType.nameResolution:
    case BlockType.custom:
    case BlockType.customNoCopy:
      return 16;
    case BlockType.interfaceStatistics:
      return 24;
    case BlockType.systemdJournal:
      return 12;
    default:
      return 0;
  }
}

/** Block types that carry no packet and yet take a number in Wireshark's count: journal, custom and system-call records. */
export function takesPacketNumber(type: number): boolean {
  switch (type) {
    case BlockType.systemdJournal:
    case BlockType.custom:
    case BlockType.customNoCopy:
    case 0x204:
    case 0x208:
    case 0x216:
    case 0x217:
    case 0x221:
    case 0x222:
      return true;
    default:
      return false;
  }
}
