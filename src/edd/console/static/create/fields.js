/**
 * The fields of a container that have one place in the engine's creation and one option of
 * `docker run`, which gives them their names.
 *
 * `at` is the place, `kind` one of `KINDS`. `admin`: only an administrator may set it at all;
 * `only`: what others may set it to. Fields without a `label` are not drawn by `group`.
 */

const field = (group, name, kind, at, label, more = {}) => ({ group, name, kind, at, label, hint: "", ...more });
const host = (group, name, kind, at, label, more) => field(group, name, kind, `HostConfig.${at}`, label, more);
const admin = true;
const NONE_OR_PRIVATE = /^(|none|private)$/;
const CGROUPS = { "": "as the engine has it", private: "private", host: "the host's" };
const NO_MORE_RIGHTS = /^no-new-privileges([:=]true)?$/;

/** The parts of the form, in their order, by the names that `group` has. */
export const GROUPS = {
  process: "Process",
  health: "Health check",
  network: "More about the network",
  resources: "Memory, processors and limits",
  rights: "Rights and isolation",
  devices: "Devices",
  logging: "Log",
  labels: "Labels",
};

export const FIELDS = [
  field("common", "command", "words", "Cmd", ""),
  host("common", "restart", "restart", "RestartPolicy", ""),
  field("process", "entrypoint", "words", "Entrypoint", "Entrypoint", { hint: "in place of the image's; split as a shell would" }),
  field("process", "workdir", "text", "WorkingDir", "Working directory", { hint: "/app" }),
  field("process", "user", "text", "User", "User", { hint: "name, id or id:group" }),
  host("process", "group-add", "lines", "GroupAdd", "Further groups", { admin }),
  field("process", "hostname", "text", "Hostname", "Host name"),
  field("process", "domainname", "text", "Domainname", "Domain name"),
  field("process", "stop-signal", "text", "StopSignal", "Signal to stop it", { hint: "SIGTERM" }),
  field("process", "stop-timeout", "integer", "StopTimeout", "Seconds until it is killed", { zero: true, min: -1, hint: "10" }),
  field("process", "interactive", "switch", "OpenStdin", "Keep its input open"),
  field("process", "tty", "switch", "Tty", "Give it a terminal"),
  host("process", "init", "switch", "Init", "Run an init that reaps processes"),
  host("process", "rm", "switch", "AutoRemove", "Remove it once it ends"),
  field("health", "health-cmd", "shell", "Healthcheck.Test", "Check by a shell", { hint: "curl -f http://localhost/ || exit 1" }),
  field("health", "health-program", "program", "Healthcheck.Test", "Check by a program, without a shell", { option: "" }),
  field("health", "health-interval", "span", "Healthcheck.Interval", "Between checks", { hint: "30s" }),
  field("health", "health-timeout", "span", "Healthcheck.Timeout", "A check may take", { hint: "30s" }),
  field("health", "health-retries", "integer", "Healthcheck.Retries", "Failures until it is unhealthy", { min: 0, hint: "3" }),
  field("health", "health-start-period", "span", "Healthcheck.StartPeriod", "Time to start in", { hint: "0s" }),
  field("health", "health-start-interval", "span", "Healthcheck.StartInterval", "Between checks while it starts", { hint: "5s" }),
  field("health", "no-healthcheck", "nothing", "Healthcheck.Test", "No check, also not the image's"),
  host("network", "publish-all", "switch", "PublishAllPorts", "Publish all exposed ports on free ports"),
  field("network", "expose", "expose", "ExposedPorts", "Exposed ports", { hint: "8080, 53/udp" }),
  host("network", "dns", "lines", "Dns", "Name servers", { hint: "192.0.2.53" }),
  host("network", "dns-search", "lines", "DnsSearch", "Search domains"),
  host("network", "dns-option", "lines", "DnsOptions", "Resolver options", { hint: "ndots:2" }),
  host("network", "add-host", "hosts", "ExtraHosts", "Further hosts", { hint: "name:address" }),
  host("network", "link", "lines", "Links", "Links to containers", { admin, hint: "name:alias" }),
  host("resources", "memory", "bytes", "Memory", "Memory", { min: 6 << 20, hint: "512m" }),
  host("resources", "memory-reservation", "bytes", "MemoryReservation", "Memory it should stay below", { hint: "256m" }),
  host("resources", "memory-swap", "bytes", "MemorySwap", "Memory and swap together", { min: -1, hint: "1g, or -1 for no limit" }),
  host("resources", "memory-swappiness", "integer", "MemorySwappiness", "Swappiness", { zero: true, min: -1, max: 100, hint: "0 to 100" }),
  host("resources", "kernel-memory", "bytes", "KernelMemory", "Kernel memory", { admin, hint: "engines before 23" }),
  host("resources", "oom-kill-disable", "switch", "OomKillDisable", "Never kill it for want of memory", { admin }),
  host("resources", "oom-score-adj", "integer", "OomScoreAdj", "Adjustment of the OOM score", { admin, min: -1000, max: 1000, hint: "-1000 to 1000" }),
  host("resources", "cpus", "cpus", "NanoCpus", "Processors", { hint: "1.5" }),
  host("resources", "cpu-shares", "integer", "CpuShares", "CPU shares", { min: 0, hint: "1024" }),
  host("resources", "cpu-period", "integer", "CpuPeriod", "CPU period, µs", { min: 0, max: 1000000, hint: "1000 to 1000000" }),
  host("resources", "cpu-quota", "integer", "CpuQuota", "CPU quota, µs", { min: -1 }),
  host("resources", "cpu-rt-period", "integer", "CpuRealtimePeriod", "Real-time period, µs", { admin, min: 0 }),
  host("resources", "cpu-rt-runtime", "integer", "CpuRealtimeRuntime", "Real-time runtime, µs", { admin, min: 0 }),
  host("resources", "cpuset-cpus", "text", "CpusetCpus", "On these processors", { hint: "0-2,4" }),
  host("resources", "cpuset-mems", "text", "CpusetMems", "On these memory nodes", { hint: "0,1" }),
  host("resources", "pids-limit", "integer", "PidsLimit", "Processes at most", { min: -1, hint: "200, or -1 for no limit" }),
  host("resources", "shm-size", "bytes", "ShmSize", "Shared memory", { hint: "64m" }),
  host("resources", "ulimit", "ulimits", "Ulimits", "Limits (ulimit)", { hint: "nofile=1024:2048" }),
  host("resources", "blkio-weight", "integer", "BlkioWeight", "Weight of its disk use", { min: 0, max: 1000, hint: "10 to 1000" }),
  host("resources", "blkio-weight-device", "weights", "BlkioWeightDevice", "Weight on a device", { admin, hint: "/dev/sda:300" }),
  host("resources", "device-read-bps", "rates", "BlkioDeviceReadBps", "Reads at most, bytes a second", { admin, hint: "/dev/sda:1m" }),
  host("resources", "device-write-bps", "rates", "BlkioDeviceWriteBps", "Writes at most, bytes a second", { admin, hint: "/dev/sda:1m" }),
  host("resources", "device-read-iops", "counts", "BlkioDeviceReadIOps", "Reads at most, a second", { admin, hint: "/dev/sda:1000" }),
  host("resources", "device-write-iops", "counts", "BlkioDeviceWriteIOps", "Writes at most, a second", { admin, hint: "/dev/sda:1000" }),
  host("resources", "storage-opt", "table", "StorageOpt", "Storage options", { admin, hint: "size=10G" }),
  host("rights", "privileged", "switch", "Privileged", "Privileged: everything the host may", { admin }),
  host("rights", "read-only", "switch", "ReadonlyRootfs", "Its own files are read only"),
  host("rights", "cap-add", "lines", "CapAdd", "Capabilities more", { admin, hint: "NET_ADMIN" }),
  host("rights", "cap-drop", "lines", "CapDrop", "Capabilities less", { hint: "ALL" }),
  host("rights", "security-opt", "lines", "SecurityOpt", "Security options", { only: NO_MORE_RIGHTS, hint: "no-new-privileges" }),
  host("rights", "sysctl", "table", "Sysctls", "Kernel settings (sysctl)", { admin, hint: "net.core.somaxconn=1024" }),
  host("rights", "pid", "text", "PidMode", "Process namespace", { admin, hint: "host, container:NAME" }),
  host("rights", "ipc", "text", "IpcMode", "IPC namespace", { only: NONE_OR_PRIVATE, hint: "private, shareable, host, container:NAME" }),
  host("rights", "uts", "text", "UTSMode", "UTS namespace", { admin, hint: "host" }),
  host("rights", "userns", "text", "UsernsMode", "User namespace", { admin, hint: "host" }),
  host("rights", "cgroupns", "choice", "CgroupnsMode", "Cgroup namespace", { only: /^(|private)$/, choices: CGROUPS }),
  host("rights", "cgroup-parent", "text", "CgroupParent", "Cgroup above it", { admin }),
  host("rights", "runtime", "text", "Runtime", "Runtime", { admin, hint: "runc" }),
  host("devices", "device", "devices", "Devices", "Devices of the host", { admin, hint: "/dev/ttyUSB0:/dev/modem:rwm" }),
  host("devices", "cdi", "cdi", "DeviceRequests", "Devices by their CDI name", { admin, option: "device", hint: "vendor.com/class=name" }),
  host("devices", "gpus", "gpus", "DeviceRequests", "GPUs", { admin, hint: "all, 2, or device=0" }),
  host("devices", "device-cgroup-rule", "lines", "DeviceCgroupRules", "Rules for devices", { admin, hint: "c 1:3 mr" }),
  host("logging", "log-driver", "text", "LogConfig.Type", "Log driver", { only: /^(|json-file|local|none)$/, hint: "json-file, local, journald, none" }),
  host("logging", "log-opt", "table", "LogConfig.Config", "Log options", { hint: "max-size=10m" }),
  host("labels", "annotation", "table", "Annotations", "Annotations for the runtime", { admin, hint: "name=value" }),
  host("mounts", "volumes-from", "lines", "VolumesFrom", "All volumes of containers", { admin, hint: "name:ro" }),
  host("mounts", "volume-driver", "text", "VolumeDriver", "Driver of new volumes given by -v", { admin }),
];

/** Return the option of `docker run` that sets a field; empty when there is none. */
export function optionOf({ name, option }) {
  return option ?? name;
}
