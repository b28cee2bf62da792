/** `wirescope ca`: the local authority whose certificates `--tls intercept` shows to clients. */
import { UsageError } from '../core/errors.ts';
import { didYouMean } from './nearest.ts';
import { complain, say } from './terminal.ts';

const actions = ['show', 'create', 'export', 'remove'] as const;

/** The key never leaves its folder: `export` prints the certificate. */
export async function ca(action: string): Promise<void> {
  if (!(actions as readonly string[]).includes(action))
    throw new UsageError(`ca ${action}: no such action${didYouMean(action, actions)}; expected ${actions.join(', ')}`);
  const { Authority, authorityFolder, certificatePath, removeAuthority } = await import('../source/tap/authority.ts');
  const folder = authorityFolder();
  if (action === 'remove') return say(removeAuthority(folder) ? `removed from ${folder}\n` : 'there is none\n');
  if (action !== 'create' && !Authority.exists(folder))
    throw new UsageError('there is no authority yet; wirescope ca create makes one');
  if (action === 'create' && Authority.exists(folder)) complain('wirescope: it is there already');
  const authority = await Authority.open(folder);
  if (action === 'export') return say(authority.certificate);
  const chromium = `Chromium    --ignore-certificate-errors-spki-list=${authority.keyHash} --user-data-dir=DIR`;
  say([...(await authority.description()), `certificate ${certificatePath(folder)}`, chromium, ''].join('\n'));
}
