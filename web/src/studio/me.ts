/** Who uses the studio. */

import { ask } from "../data/graphql";
import { say } from "./language";
import type { StudioWord } from "./language";

export type Role = "VISITOR" | "MEMBER" | "CURATOR" | "EDITOR_IN_CHIEF" | "ADMINISTRATOR";
export const ROLES: readonly Role[] = ["VISITOR", "MEMBER", "CURATOR", "EDITOR_IN_CHIEF", "ADMINISTRATOR"];

export interface Me {
  name: string;
  role: Role;
  scopes: string[];
  publishes: boolean;
  /** roles in single exhibitions */
  exhibitions: { role: Role }[];
}

export async function whoAmI(): Promise<Me> {
  return (await ask<{ me: Me }>("{ me { name role scopes publishes exhibitions { role } } }")).me;
}

export const isKnown = (me: Me | null): boolean => me !== null && me.name !== "anonymous";

const isWorking = (role: Role): boolean => role !== "VISITOR" && role !== "MEMBER";

/** Whether somebody works on the museum, or on an exhibition of it. */
export function works(me: Me | null): boolean {
  return me !== null && [me.role, ...me.exhibitions.map((each) => each.role)].some(isWorking);
}

/** Whether somebody works on the whole museum. */
export function worksOnAll(me: Me): boolean {
  return isWorking(me.role);
}

export function roleName(role: Role): string {
  return say(`role_${role}` satisfies StudioWord);
}

export function whoWords(me: Me | null): string {
  if (!me || !isKnown(me)) return say("you_visitor");
  if (works(me) && !worksOnAll(me)) return say("you_guest", { name: me.name });
  return say("you_are", { name: me.name, role: roleName(me.role) });
}
