import { hclText } from '../hcl-text.js';

export interface ServerPlace {
  /** Folder of what it keeps. */
  readonly data: string;
  /** Folder with cert.pem and key.pem. */
  readonly certificates: string;
  /** By which others reach it. */
  readonly address: string;
}

/** The configuration of a server of Vault or OpenBao, over TLS. */
export function serverConfig({ data, certificates, address }: ServerPlace): string {
  return `storage "file" {
  path = ${hclText(data)}
}

listener "tcp" {
  address       = "0.0.0.0:8200"
  tls_cert_file = ${hclText(`${certificates}/cert.pem`)}
  tls_key_file  = ${hclText(`${certificates}/key.pem`)}
}

ui       = true
api_addr = ${hclText(address)}
`;
}
