import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cgroupsTable, mountinfoShared, routeTable, statusOfFullRoot } from "./recorded.ts";

/** A folder that looks like a host's root: the kernel's files as text. Everything is as k3s likes it. */
export async function hostTree(changes: Record<string, string | undefined> = {}) {
  const root = await mkdtemp(join(tmpdir(), "monstack-host-"));
  const files: Record<string, string | undefined> = {
    "proc/sys/kernel/ostype": "Linux\n",
    "proc/self/status": statusOfFullRoot,
    "proc/self/mountinfo": mountinfoShared,
    "proc/filesystems": "nodev\tsysfs\nnodev\toverlay\n\text4\n",
    "proc/cgroups": cgroupsTable,
    "proc/net/tcp": "",
    "proc/net/tcp6": "",
    "proc/net/route": routeTable,
    "proc/sys/net/ipv4/ip_forward": "1\n",
    "sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
    "sys/class/net/eth0/mtu": "1460\n",
    ...changes,
  };
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return {
    root,
    /** A process that has a socket open. */
    async addProcess(pid: number, command: string, inode: string, uid = 0) {
      await mkdir(join(root, `proc/${pid}/fd`), { recursive: true });
      await writeFile(join(root, `proc/${pid}/cmdline`), command.replaceAll(" ", "\0"));
      await writeFile(join(root, `proc/${pid}/comm`), `${command.split(/[ /]/)[0]}\n`);
      await writeFile(join(root, `proc/${pid}/status`), `Name:\tx\nUid:\t${uid}\t0\t0\t0\n`);
      await symlink(`socket:[${inode}]`, join(root, `proc/${pid}/fd/7`));
    },
    async [Symbol.asyncDispose]() {
      await rm(root, { recursive: true, force: true });
    },
  };
}
