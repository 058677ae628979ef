/**
 * Lets a browser in: by the secret behind the `#`, which no server, log or other page ever sees, or
 * by a name and a password.
 */

const words = document.getElementById("words");
const door = document.getElementById("door");
const form = door.querySelector("form");
const HOW = "Ask for a link where edd has a certificate of this host: edd session link. Then open it here.";
const OR = "Or sign in, if you have set a password there: edd session password.";

const secret = new URLSearchParams(location.hash.slice(1)).get("link");
history.replaceState(null, "", "/login");

/** Show the host what lets in; return what to say, and nothing once it did. */
async function enter(path, shown) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(shown),
    });
  } catch {
    return "The host did not answer. Open the link again, or sign in once more.";
  }
  if (answer.ok) return "";
  const problem = await answer.json().catch(() => ({}));
  return `${problem.detail || "The host refused."} ${problem.advice || HOW}`;
}

function tell(problem) {
  words.textContent = problem || "Welcome.";
  door.hidden = !problem;
  if (!problem) location.replace("/");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, password } = Object.fromEntries(new FormData(form));
  const button = form.querySelector("button");
  button.disabled = true;
  words.textContent = "One moment …";
  const problem = await enter("/_edd/sign-in", { name: name.trim(), password });
  button.disabled = false;
  tell(problem);
  if (problem) form.elements.password.select();
});

tell(secret ? await enter("/_edd/enter", { link: secret }) : `Nobody was let in by this browser yet. ${HOW} ${OR}`);
