/** What an engine says its disk is used for (`/system/df`), in one form for all engines. */

const KINDS = [
  ["Images", "ImageUsage", "Images", "/images"],
  ["Containers", "ContainerUsage", "Containers", "/containers"],
  ["Volumes", "VolumeUsage", "Volumes", "/volumes"],
  ["Build cache", "BuildCacheUsage", "BuildCache", "/images"],
];

const total = (all, bytes) => all.reduce((sum, one) => sum + Math.max(0, bytes(one) || 0), 0);

/** Counts and bytes of one kind, from the lists that engines before API 1.52 send, as `docker system df` does it. */
const COUNTED = {
  Images: (all, layers) => {
    const used = all.filter(({ Containers }) => Containers > 0);
    const alone = total(used, ({ Size, SharedSize }) => Size - Math.max(0, SharedSize));
    return { active: used.length, bytes: layers, free: Math.max(0, layers - alone) };
  },
  Containers: (all) => {
    const runs = ({ State }) => ["running", "paused", "restarting"].includes(State);
    const stopped = all.filter((one) => !runs(one));
    return { active: all.length - stopped.length, bytes: total(all, (one) => one.SizeRw), free: total(stopped, (one) => one.SizeRw) };
  },
  Volumes: (all) => {
    const unused = all.filter(({ UsageData }) => !(UsageData?.RefCount > 0));
    const bytes = ({ UsageData }) => UsageData?.Size;
    return { active: all.length - unused.length, bytes: total(all, bytes), free: total(unused, bytes) };
  },
  BuildCache: (all) => {
    const own = all.filter(({ Shared }) => !Shared);
    const idle = own.filter(({ InUse }) => !InUse);
    return { active: all.filter(({ InUse }) => InUse).length, bytes: total(own, (one) => one.Size), free: total(idle, (one) => one.Size) };
  },
};

/**
 * Return each kind: its `name` and `page`, how many there are and how many of them are `active`,
 * their `bytes`, and those that pruning would `free`.
 */
export function kinds(usage) {
  return KINDS.map(([name, now, before, page]) => {
    const told = usage[now];
    if (told) {
      const { TotalCount = 0, ActiveCount = 0, TotalSize = 0, Reclaimable = 0 } = told;
      return { name, page, count: TotalCount, active: ActiveCount, bytes: TotalSize, free: Reclaimable };
    }
    const all = usage[before] ?? [];
    return { name, page, count: all.length, ...COUNTED[before](all, usage.LayersSize ?? 0) };
  });
}
