import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { Worker } from "node:worker_threads";

/** Lets a pure test that starts a process or uses the network fail: what does so belongs to the project `local`. */
function refuse(what: string) {
  return () => {
    throw new Error(`a pure test ${what}; test/suites.ts says what makes a test local`);
  };
}

for (const name of ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"] as const)
  Object.assign(childProcess, { [name]: refuse(`starts a process (${name})`) });
Object.assign(net.Server.prototype, { listen: refuse("listens on a port") });
Object.assign(net.Socket.prototype, { connect: refuse("opens a connection") });
Object.assign(Worker.prototype, { postMessage: refuse("uses a thread") });
syncBuiltinESMExports();
