/** What is done to images that are here, and what is asked before something is lost. */

import { ask } from "../../ask.js";
import { tell } from "../../engine.js";
import { count, plain, short } from "../../format.js";
import { note } from "../../notes.js";
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
  if (problems.length) note(`${count(problems.length, "image")} stayed: ${plain(problems[0])}`, "bad");
  return done;
}

/** Remove images, asked about with what is lost; those that containers use only with `force`. */
export async function remove(images, { force = false, refresh }) {
  const containers = await tell("GET", "/containers/json?all=1");
  const kept = await keptReleases();
  const running = (image) => usersOf(image, containers).filter(({ State }) => State === "running");
  const used = (image) => (force ? running(image) : usersOf(image, containers)).length > 0;
  const going = images.filter((image) => !used(image));
  const staying = images.filter(used);
  if (!going.length) {
    const advice = force ? "Stop and remove these first." : "Remove these first, or remove the image by force.";
    return note(`${all(staying.map(called))}: ${force ? "running " : ""}containers use it. ${advice}`, "bad");
  }
  const loses = [
    `${all(going.flatMap((image) => (namesOf(image).length ? namesOf(image).map(plain) : [short(image.Id)])))}: only a pull, a load or a build brings ${going.length > 1 ? "them" : "it"} back.`,
    ...going.flatMap((image) => keptBy(image, kept)).map(lossOf),
    ...going.flatMap((image) => usersOf(image, containers)).map((one) => `The container ${plain(nameOf(one))} keeps its files, but cannot be made anew from it.`),
    staying.length && `${all(staying.map(called))} stays: containers use it.`,
  ].filter(Boolean);
  const what = going.length > 1 ? `${going.length} images` : called(going[0]);
  const action = force ? "Remove by force" : "Remove";
  if (!(await ask({ title: `Remove ${what}?`, loses, action }))) return undefined;
  const done = await each(going, (image) => tell("DELETE", `${pathOf(image.Id)}?force=${force || tagsOf(image).length > 1 ? 1 : 0}`));
  if (done) note(`${count(done, "image")} removed.`);
  return refresh();
}

/** Take one tag away. With the last one the image goes: that is asked about as a removal is. */
export async function untag(image, tag, refresh) {
  const fresh = await tell("GET", `${pathOf(image.Id)}/json`);
  if (tagsOf(fresh).every((one) => one === tag)) return remove([fresh], { refresh });
  const loses = keptBy({ RepoTags: [tag] }, await keptReleases()).map(lossOf);
  if (loses.length && !(await ask({ title: `Untag ${tag}?`, loses, action: "Untag" }))) return undefined;
  return attempt(() => tell("DELETE", pathOf(tag)), `${tag} was untagged.`, refresh);
}

/** Give an image one more tag; what bore it loses it. */
export async function addTag(image, wanted, refresh) {
  const { repository, tag } = parted(wanted);
  const query = new URLSearchParams({ repo: repository, tag: tag || "latest" });
  const full = `${repository}:${tag || "latest"}`;
  const bearer = (await tell("GET", "/images/json")).find((one) => tagsOf(one).includes(full));
  if (bearer && bearer.Id !== image.Id) {
    const loses = [
      `${full} is image ${short(bearer.Id)} now, which loses this tag.`,
      ...keptBy({ RepoTags: [full] }, await keptReleases()).map(lossOf),
    ];
    if (!(await ask({ title: `Move ${full}?`, loses, action: "Move the tag" }))) return undefined;
  }
  return attempt(() => tell("POST", `${pathOf(image.Id)}/tag?${query}`), `${full} was tagged.`, refresh);
}

async function attempt(perform, words, refresh) {
  try {
    await perform();
    note(plain(words));
  } catch (problem) {
    note(`${plain(problem.message)} ${problem.advice}`, "bad");
  }
  return refresh();
}
