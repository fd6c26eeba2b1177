/** The releases whose code judges, as their users know them. `upstream/go.mod` names their modules; a test compares them. */
export const judgedBy = { prometheus: "3.14.0", alertmanager: "0.34.0" } as const;
