/** Upgrades as they show in an exchange's messages: asked for, or done, where the request was not captured. */
import type { UpgradeJudgement } from './handshake.ts';
import type { HttpMessage } from './records.ts';
import { isSwitch, isUpgradeAttempt, upgradeChecks } from './upgrade-checks.ts';

export function isUpgrade(request: HttpMessage, response: HttpMessage): boolean {
  if (request.present) return isUpgradeAttempt(request.head);
  return response.present && isSwitch(response.head);
}

/** Either message may be unseen, not both. */
export function judgedHeads(request: HttpMessage, response: HttpMessage): UpgradeJudgement {
  return upgradeChecks(request.present ? request.head : null, response.present ? response.head : null);
}
