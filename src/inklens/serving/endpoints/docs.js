// Sends what the forms of this page say, and shows the answer as it came.

for (const form of document.querySelectorAll("form[data-path]")) {
  const shown = form.querySelector("pre");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const files = form.querySelector("input[type=file]");
    const query = new URLSearchParams();
    for (const input of form.querySelectorAll("input:not([type=file])")) {
      if (input.value) query.set(input.name, input.value);
    }
    const request = { method: form.dataset.method };
    if (files) {
      request.body = new FormData();
      for (const file of files.files) request.body.append("images", file);
    }
    shown.hidden = false;
    shown.textContent = "…";
    try {
      const answer = await fetch(`${form.dataset.path}?${query}`, request);
      shown.textContent = `${answer.status} ${answer.statusText}\n${readable(await answer.text())}`;
    } catch (error) {
      shown.textContent = String(error);
    }
  });
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}

const session = document.getElementById("session");
session.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token: session.elements.token.value });
  const answer = await fetch("/v1/session", { method: "POST", body, headers: { "Content-Type": "application/json" } });
  session.querySelector("output").textContent = answer.ok ? "The page may ask now." : "That is not the token.";
});
