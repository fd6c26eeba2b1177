// Texts as the kernel prints them: a VM without CAP_SYS_RESOURCE and with hybrid cgroups, and an Ubuntu 24.04 runner.

export const statusWithoutSysResource = `Name:\tcat
Umask:\t0022
State:\tR (running)
Tgid:\t4242
Pid:\t4242
CapInh:\t0000000000000000
CapPrm:\t000001fffeffffff
CapEff:\t000001fffeffffff
CapBnd:\t000001fffeffffff
CapAmb:\t0000000000000000
NoNewPrivs:\t0
`;

export const statusOfFullRoot = statusWithoutSysResource.replaceAll("000001fffeffffff", "000001ffffffffff");

export const mountinfoPrivate = `22 27 0:21 / /proc rw,relatime - proc proc rw
23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334492k,nr_inodes=3083623,mode=755
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 23 0:24 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755
`;

export const mountinfoShared = `22 29 0:21 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw
29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,discard,errors=remount-ro
30 22 0:6 / /sys/kernel/security rw,nosuid,nodev,noexec,relatime shared:8 - securityfs securityfs rw
`;

/** A runner's service with PrivateTmp= sees the host's mounts as a slave. */
export const mountinfoSlave = mountinfoShared.replace("rw,relatime shared:1", "rw,relatime master:1");

export const cgroupsTable = `#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t2\t1\t1
cpu\t3\t1\t1
cpuacct\t4\t1\t1
memory\t6\t1\t1
pids\t9\t1\t1
`;

export const cgroupsTableWithoutMemory = cgroupsTable.replace("memory\t6\t1\t1", "memory\t0\t1\t0");

/** 0.0.0.0:22 and 127.0.0.1:10249 listen; :6443 is only the far end of a connection. */
export const tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1645 1 00000000035581e1 100 0 0 10 0                      
   1: 0100007F:2809 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 31337 1 0000000003558aaa 100 0 0 10 0                     
   2: 020200C0:192B 507100CB:01BB 01 00000000:00000000 03:000005DC 00000000     0        0 0 3 00000000b75ec147                                      
   3: 0A0200C0:280A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 777 1 0000000003558bbb 100 0 0 10 0                       
`;

/** [::]:6443 listens. */
export const tcp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 424242 1 0000000076a0a5a1 100 0 0 10 0
`;

export const routeTable = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0                                                                               
eth0\t00000000\t0102000A\t0003\t0\t0\t100\t00000000\t0\t0\t0                                                                               
eth0\t0002000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0                                                                               
`;

export const dfOutput = `Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda         103080204 41232080  56566072      43% /
`;

/** `ip -json -4 address show up`, shortened; a link that the filter leaves out is an empty object. */
export const ipAddresses = JSON.stringify([
  {
    ifname: "lo",
    flags: ["LOOPBACK", "UP", "LOWER_UP"],
    addr_info: [
      { family: "inet", local: "127.0.0.1", prefixlen: 8, scope: "host", label: "lo" },
      { family: "inet", local: "203.0.113.1", prefixlen: 32, scope: "global", label: "lo" },
    ],
  },
  {},
  {
    ifname: "eth0",
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    mtu: 1460,
    operstate: "UP",
    addr_info: [
      { family: "inet", local: "169.254.7.7", prefixlen: 16, scope: "global", label: "eth0" },
      { family: "inet", local: "192.0.2.10", prefixlen: 24, scope: "global", label: "eth0" },
      { family: "inet", local: "192.0.2.11", prefixlen: 24, scope: "global", secondary: true },
    ],
  },
  {
    ifname: "docker0",
    flags: ["NO-CARRIER", "BROADCAST", "MULTICAST", "UP"],
    addr_info: [{ family: "inet", local: "172.17.0.1", prefixlen: 16, scope: "global" }],
  },
]);
