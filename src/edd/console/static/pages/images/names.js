/** What images are called, and what the engine is asked with these names. */

const NOTHING = /^<none>[:@]<none>$/;

/** Return the parts of a reference: `repository`, `tag` and `digest`, empty where there is none. */
export function parted(reference) {
  const [name, digest = ""] = reference.trim().split("@");
  const at = name.lastIndexOf(":");
  // A colon before a slash is that of a port.
  const tagged = at > name.lastIndexOf("/");
  return { repository: tagged ? name.slice(0, at) : name, tag: tagged ? name.slice(at + 1) : "", digest };
}

/** Return an image's tags. */
export function tagsOf({ RepoTags }) {
  return (RepoTags || []).filter((tag) => !NOTHING.test(tag));
}

/** Return what an image is known by beside its id: tags, or else digests of registries. */
export function namesOf(image) {
  const tags = tagsOf(image);
  return tags.length ? tags : (image.RepoDigests || []).filter((name) => !NOTHING.test(name));
}

/** Whether nothing names the image. */
export function dangles(image) {
  return namesOf(image).length === 0;
}

/** The address of an image's page. */
export function pageOf(id) {
  return `/images/${id.replace(/^sha256:/, "")}`;
}

/** The engine's path of an image, by id or name: slashes stay, what else is odd is encoded. */
export function pathOf(name) {
  return `/images/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** The address that saves `images` in one archive; those that have tags keep them. */
export function saveOf(images) {
  const names = images.flatMap((image) => (tagsOf(image).length ? tagsOf(image) : [image.Id]));
  return `/docker/images/get?${new URLSearchParams(names.map((name) => ["names", name]))}`;
}

/** Return the containers that were made of an image. */
export function usersOf(image, containers) {
  return containers.filter(({ ImageID }) => ImageID === image.Id);
}

/** A container's name. */
export function nameOf(container) {
  return (container.Names?.[0] || container.Id.slice(0, 12)).replace(/^\//, "");
}

/** Return the registry that a reference names, as its credentials are filed. */
export function registryOf(reference) {
  const [first, ...rest] = reference.split("/");
  return rest.length && /[.:]|^localhost$/.test(first) ? first : "https://index.docker.io/v1/";
}

/**
 * Return the header that lets the engine in at the registry of `reference`.
 *
 * Without a user it says that there are no credentials, which a push must say, too.
 */
export function registryAuth(reference, { user, password }) {
  const told = user ? { username: user, password, serveraddress: registryOf(reference) } : {};
  const bytes = String.fromCharCode(...new TextEncoder().encode(JSON.stringify(told)));
  return { "X-Registry-Auth": btoa(bytes).replaceAll("+", "-").replaceAll("/", "_") };
}
