/** Where helm's keys are published. What comes from there is held against the fingerprints, so the host needn't be trusted. */
export const helmKeysUrl = "https://raw.githubusercontent.com/helm/helm/main/KEYS";

/**
 * The primary keys of who may release helm, by fingerprint: those in helm's KEYS file as of its commit 5638c3539
 * (2026-02-08), https://github.com/helm/helm/blob/main/KEYS. A key that is added there is added here by hand.
 */
export const helmReleaseManagers: Readonly<Record<string, string>> = {
  "672C657BE06B4B30969C4A57461449C25E36B98E": "Matthew Farina",
  F1261BDE929012C8FF2E501D6EA5D7598529A53E: "Martin Hickey",
  "967F8AC5E2216F9F4FD270AD92AA783CBAAE8E3B": "Matthew Fisher",
  "76939899B137D575D3274E756DCCB9D752D35BA8": "Taylor Thomas",
  "49D09C86C3DC8DA3F0A076221EF612347F8A9958": "Adam Reese",
  ABA2529598F6626C420D335B62F49E747D911B60: "Matt Butcher",
  "4AB45F1CB0D292975C6371436E2A23D806B6E6DD": "Matt Butcher",
  "208DD36ED5BB3745A16743A4C7C6FBB5B91C1155": "Scott Rigby",
  "7FEC81FACC7FFB2A010ADD13C2D40F4D8196E874": "Robert Sirchia",
  BF888333D96A1C18E2682AAED79D67C9EC016739: "George Jenkins",
};
