/** What one answer of `GET /containers/ID/stats` says. Nothing here asks or draws. */

const amount = (value) => (Number.isFinite(value) ? value : null);

/**
 * Return `{ total, system, cores, memory, limit }`: nanoseconds of the container and of the host,
 * bytes. `null` stands for what the host does not measure.
 *
 * Memory is what cannot be given back: without the file cache that is not in use.
 */
export function reading({ cpu_stats: cpu = {}, memory_stats: memory = {} }) {
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  const used = amount(memory.usage);
  return {
    total: amount(cpu.cpu_usage?.total_usage),
    system: amount(cpu.system_cpu_usage),
    cores: cpu.online_cpus || cpu.cpu_usage?.percpu_usage?.length || 1,
    memory: used === null ? null : Math.max(0, used - cache),
    limit: amount(memory.limit),
  };
}

/** Return the CPU in use between two readings, 100 for one core; `null` if they do not tell. */
export function percent(before, now) {
  if (!before || [before.total, before.system, now.total, now.system].includes(null)) return null;
  const passed = now.system - before.system;
  const used = now.total - before.total;
  return passed > 0 && used >= 0 ? (used / passed) * now.cores * 100 : null;
}
