// Passkeys: ask the browser for one, put its answer into the form, and send the form. Without this file the
// other ways of a second factor work as before.
"use strict";

function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function read(options) {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (options.user) asked.user = { ...options.user, id: bytes(options.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"]) {
    if (options[name]) asked[name] = options[name].map((each) => ({ ...each, id: bytes(each.id) }));
  }
  return asked;
}

function told(credential) {
  const answer = credential.response;
  const response = { clientDataJSON: text(answer.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (answer[name]) response[name] = text(answer[name]);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

async function sent(event) {
  const form = event.target;
  if (!form.dataset.passkey || form.elements.passkey.value) return;
  event.preventDefault();
  try {
    const { publicKey } = JSON.parse(document.getElementById("passkey-options").textContent);
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey: read(publicKey) });
    form.elements.passkey.value = JSON.stringify(told(credential));
    form.submit();
  } catch {
    form.querySelector("[data-passkey-says]").hidden = false;
  }
}

document.addEventListener("submit", sent);
