/** Lets a browser in by the secret behind the `#`, which no server, log or other page ever sees. */

const words = document.getElementById("words");
const HOW = "Ask for a link where edd has a certificate of this host: edd session link. Then open it here.";

const secret = new URLSearchParams(location.hash.slice(1)).get("link");
history.replaceState(null, "", "/login");

async function enter() {
  let answer;
  try {
    answer = await fetch("/_edd/enter", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ link: secret }),
    });
  } catch {
    return "The host did not answer. Open the link again.";
  }
  if (answer.ok) {
    location.replace("/");
    return "Welcome.";
  }
  const problem = await answer.json().catch(() => ({}));
  return `${problem.detail || "The host refused."} ${problem.advice || HOW}`;
}

words.textContent = secret ? await enter() : `Nobody was let in by this browser yet. ${HOW}`;
