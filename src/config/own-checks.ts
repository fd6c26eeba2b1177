/** A check of the user's own, from `checks:` in the file. */
export interface OwnCheck {
  /** Shown as the check `own/NAME`. */
  readonly name: string;
}
