/** What the host has that a new container may name, and what the form begins with. */

import { get, Problem } from "../api.js";
import { useEngine } from "../engine.js";
import { useEffect, useMemo, useState } from "../html.js";
import { blank, formOf } from "./containerform.js";
import { creationOf, freeName, quarrels } from "./duplicate.js";

/** Return the names of what there is, and how the engine is; what is not known yet is empty. */
export function useKnown() {
  const containers = useEngine("/containers/json?all=1", 10).data;
  const images = useEngine("/images/json", 30).data;
  const networks = useEngine("/networks", 30).data;
  const volumes = useEngine("/volumes", 30).data;
  const info = useEngine("/info", 60).data;
  return useMemo(() => ({
    names: (containers || []).flatMap(({ Names }) => (Names || []).map((name) => name.slice(1))),
    images: (images || []).flatMap(({ RepoTags }) => RepoTags || []).filter((tag) => !tag.startsWith("<none>")).sort(),
    references: images && new Set(images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags || []), ...(RepoDigests || [])])),
    networks: (networks || []).map(({ Name }) => Name).sort(),
    volumes: (volumes?.Volumes || []).map(({ Name }) => Name).sort(),
    cpus: info?.NCPU || 0,
  }), [containers, images, networks, volumes, info]);
}

/** Return what the host knows of the image `name`, if it has it. */
export function useImage(name, images) {
  const there = images.includes(name) ? name : images.includes(`${name}:latest`) ? `${name}:latest` : "";
  return useEngine(there && `/images/${reference(there)}/json`, 120).data;
}

function reference(name) {
  return name.split("/").map(encodeURIComponent).map((part) => part.replaceAll("%3A", ":").replaceAll("%40", "@")).join("/");
}

/**
 * Return `{ form, notes, error }` that the page begins with: empty, with an image, or like the
 * container `from`. There is no form until it is known.
 */
export function useBeginning(from, image) {
  const [found, setFound] = useState({ form: null, notes: [], error: null });
  useEffect(() => {
    let wanted = true;
    setFound({ form: null, notes: [], error: null });
    beginning(from, image).then((next) => wanted && setFound(next), (error) => wanted && setFound({ form: null, notes: [], error }));
    return () => (wanted = false);
  }, [from, image]);
  return found;
}

async function beginning(from, image) {
  if (!from) return { form: { ...blank(), restart: "unless-stopped", image }, notes: [], error: null };
  const [container, info, others, images] = await Promise.all([
    get(`/docker/containers/${encodeURIComponent(from)}/json`),
    get("/docker/info"),
    get("/docker/containers/json?all=1"),
    get("/docker/images/json"),
  ]);
  const base = await get(`/docker/images/${container.Image}/json`).catch(gone);
  const body = creationOf(container, base, info);
  const name = container.Name.slice(1);
  const names = others.flatMap(({ Names }) => (Names || []).map((each) => each.slice(1)));
  const form = { ...formOf(body), name: freeName(name, names) };
  return { form, notes: [...quarrels(body), ...ofImage(container, base, images), ...ofLabels(container)], error: null, name };
}

/** What to say of an image that is gone, or whose name means another one by now. */
function ofImage({ Config: { Image: name } }, base, images) {
  if (!base) return ["Its image is no longer on the host: what it had from there stands in the form."];
  const isNamed = ({ RepoTags }) => [name, `${name}:latest`].some((tag) => RepoTags?.includes(tag));
  return images.some(isNamed) && !isNamed(base) ? [`${name} is another image by now: the new container is made of that one.`] : [];
}

/** What to say of labels that would make the new container a deployment's. */
function ofLabels({ Name, Config: { Labels } }) {
  const ours = Object.keys(Labels || {}).filter((label) => label.startsWith("edd."));
  return ours.length ? [`${Name.slice(1)} belongs to a deployment; the new one will not: the labels ${ours.join(", ")} are left out.`] : [];
}

function gone(problem) {
  if (problem instanceof Problem && problem.status === 404) return null;
  throw problem;
}
