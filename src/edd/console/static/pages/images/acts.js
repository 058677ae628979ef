/** What is done to images that are here, and what is asked before something is lost. */

import { ask } from "../../ask.js";
import { tell } from "../../engine.js";
import { count, plain, short } from "../../format.js";
import { note } from "../../notes.js";
import { memberOf } from "../../tar.js";
import { parsed } from "../../upload.js";
import { keptBy, keptReleases, lossOf } from "./kept.js";
import { nameOf, namesOf, parted, pathOf, tagsOf, usersOf } from "./names.js";

const MOST_NAMED = 8;

/** What an image is called in a sentence. */
export function called(image) {
  return plain(namesOf(image)[0] || short(image.Id));
}

function all(names) {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Do it to one after another; return how many it was done to, and say why not to the others. */
async function each(things, perform) {
  let done = 0;
  const problems = [];
  for (const thing of things) {
    try {
      await perform(thing);
      done += 1;
    } catch (problem) {
      problems.push(problem.message);
    }
  }
  if (problems.length) note(`${count(problems.length, "image")} stayed: ${plain(all(problems))}`, "bad");
  return done;
}

/** Perform it; what goes wrong is said. */
async function guarded(perform) {
  try {
    await perform();
  } catch (problem) {
    note(plain(`${problem.message} ${problem.advice ?? ""}`), "bad");
  }
}

/**
 * Remove images, asked about with what is lost; those that containers use only with `force`.
 *
 * `gone` is called if any went.
 */
export function remove(images, force, gone) {
  return guarded(() => removed(images, force, gone));
}

async function removed(images, force, gone) {
  const containers = await tell("GET", "/containers/json?all=1");
  const kept = await keptReleases();
  const running = (image) => usersOf(image, containers).filter(({ State }) => State === "running");
  const used = (image) => (force ? running(image) : usersOf(image, containers)).length > 0;
  const going = images.filter((image) => !used(image));
  const staying = images.filter(used);
  if (!going.length) {
    const advice = force ? "Stop and remove these first." : "Remove these first, or remove the image by force.";
    note(`${all(staying.map(called))}: ${force ? "running " : ""}containers use it. ${advice}`, "bad");
    return;
  }
  const loses = [
    `${all(going.flatMap((image) => (namesOf(image).length ? namesOf(image).map(plain) : [short(image.Id)])))}: only a pull, a load or a build brings ${going.length > 1 ? "them" : "it"} back.`,
    ...going.flatMap((image) => keptBy(image, kept)).map(lossOf),
    ...going.flatMap((image) => usersOf(image, containers)).map((one) => `The container ${plain(nameOf(one))} keeps its files, but cannot be made anew from it.`),
    staying.length && `${all(staying.map(called))} stays: containers use it.`,
  ].filter(Boolean);
  const what = going.length > 1 ? `${going.length} images` : called(going[0]);
  const action = force ? "Remove by force" : "Remove";
  if (!(await ask({ title: `Remove ${what}?`, loses, action }))) return;
  const done = await each(going, (image) => tell("DELETE", `${pathOf(image.Id)}?force=${force || tagsOf(image).length > 1 ? 1 : 0}`));
  if (!done) return;
  note(`${count(done, "image")} removed.`);
  gone();
}

/** Take one tag away. With the last one the image is `gone`: that is asked about as a removal is. */
export function untag(image, tag, { refresh, gone }) {
  return guarded(async () => {
    const fresh = await tell("GET", `${pathOf(image.Id)}/json`);
    if (tagsOf(fresh).every((one) => one === tag)) return removed([fresh], false, gone);
    const loses = keptBy({ RepoTags: [tag] }, await keptReleases()).map(lossOf);
    if (loses.length && !(await ask({ title: `Untag ${tag}?`, loses, action: "Untag" }))) return undefined;
    await tell("DELETE", pathOf(tag));
    note(`${plain(tag)} was untagged.`);
    return refresh();
  });
}

/** Give an image one more tag; what bore it loses it, which is asked about. */
export function addTag(image, wanted, refresh) {
  return guarded(async () => {
    const { repository, tag } = parted(wanted);
    const full = `${repository}:${tag || "latest"}`;
    const bearer = (await tell("GET", "/images/json")).find((one) => tagsOf(one).includes(full));
    if (bearer && bearer.Id !== image.Id) {
      const loses = [
        `${full} is image ${short(bearer.Id)} now, which loses this tag.`,
        ...keptBy({ RepoTags: [full] }, await keptReleases()).map(lossOf),
      ];
      if (!(await ask({ title: `Move ${full}?`, loses, action: "Move the tag" }))) return;
    }
    await tell("POST", `${pathOf(image.Id)}/tag?${new URLSearchParams({ repo: repository, tag: tag || "latest" })}`);
    note(`${plain(full)} was tagged.`);
    refresh();
  });
}

/** Ask before an archive moves tags that are here already: it brings its own. */
export async function mayLoad(file) {
  const brought = parsed(await memberOf(file, "manifest.json"));
  if (!Array.isArray(brought)) return true;
  const present = await tell("GET", "/images/json");
  const tagged = brought.filter((one) => Array.isArray(one?.RepoTags));
  const moved = tagged.flatMap(({ RepoTags, Config }) => RepoTags.filter((tag) => {
    const bearer = present.find((image) => tagsOf(image).includes(tag));
    return bearer && !String(Config).includes(bearer.Id.replace("sha256:", ""));
  }));
  if (!moved.length) return true;
  const loses = [
    `${all(moved.map(plain))}: another image has that tag here and loses it.`,
    ...keptBy({ RepoTags: moved }, await keptReleases()).map(lossOf),
  ];
  return ask({ title: `Load ${plain(file.name)}?`, loses, action: "Load" });
}
