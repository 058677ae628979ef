/** Which images the host's releases need for a rollback: their tags (ADR 0007). */

import { get } from "../../api.js";
import { useEffect, useState } from "../../html.js";
import { useLive } from "../../live.js";
import { tagsOf } from "./names.js";

/** Return the releases whose images are kept, as the host knows them now. */
export async function keptReleases() {
  const found = [];
  for (const { name } of await get("/v1/deployments")) {
    const releases = await get(`/v1/deployments/${name}/releases`);
    found.push(...releases.filter(({ kept }) => kept));
  }
  return found;
}

/** Return the kept releases, asked for anew whenever a deployment has another one. */
export function useKept() {
  const { data, error } = useLive("/v1/deployments", 5);
  const [kept, setKept] = useState(null);
  const key = data && JSON.stringify(data.map(({ name, release, job }) => [name, release, job]));
  useEffect(() => {
    let gone = false;
    if (key) keptReleases().then((all) => gone || setKept(all), () => gone || setKept([]));
    return () => (gone = true);
  }, [key]);
  return kept || (error ? [] : null);
}

/** Return those of `kept` that need `image`. */
export function keptBy(image, kept) {
  const tags = tagsOf(image);
  return kept.filter(({ reference }) => tags.includes(reference));
}

/** Say what the host can no longer do without the image of a release. */
export function lossOf({ deployment, number, state }) {
  if (state === "current") return `Release ${number} of ${deployment} serves now: without its image it cannot come back after a failed delivery.`;
  if (state === "pending") return `Release ${number} of ${deployment} is being delivered from it.`;
  return `${deployment} can no longer be rolled back to release ${number}.`;
}
