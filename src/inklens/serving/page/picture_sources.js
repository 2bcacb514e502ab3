// A picture in place of a drawing: pasted, dropped, chosen, or taken with the camera.
import { ICONS, button, element, icon } from "./dom.js";
import { TEXT } from "./text.js";

export function pictureSources(area, onPicture, onProblem) {
  const words = TEXT.sources;
  const input = fileInput(onPicture);
  // On a page without TLS, browsers give the camera to a file input only.
  const shot = fileInput(onPicture, { capture: "environment" });
  const live = Boolean(navigator.mediaDevices?.getUserMedia);
  const choose = worded(words.choose, ICONS.file, () => input.click());
  const camera = worded(words.camera, ICONS.camera, () => (live ? takePicture(onPicture, onProblem) : shot.click()));
  const drop = element("div", { class: "drop", hidden: true }, element("p", {}, words.dropHere));
  const made = element("div", { class: "sources" }, choose, camera, input, shot, element("p", { class: "about" }, words.hint), drop);

  const listeners = {
    paste(event) {
      const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
      if (!file) return;
      event.preventDefault();
      onPicture(file);
    },
    dragover(event) {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.hidden = false;
    },
    dragleave(event) {
      if (!event.relatedTarget) drop.hidden = true;
    },
    drop(event) {
      event.preventDefault();
      drop.hidden = true;
      const file = event.dataTransfer.files[0];
      if (file) onPicture(file);
    },
  };
  return {
    element: made,
    listen(wanted) {
      for (const [name, listener] of Object.entries(listeners)) {
        wanted ? area.addEventListener(name, listener) : area.removeEventListener(name, listener);
      }
    },
  };
}

function fileInput(onPicture, options = {}) {
  const input = element("input", { type: "file", accept: "image/*", class: "unseen", tabindex: "-1", "aria-hidden": "true", ...options });
  input.addEventListener("change", () => {
    if (input.files[0]) onPicture(input.files[0]);
    input.value = "";
  });
  return input;
}

function worded(label, path, listener) {
  return element("button", { type: "button", class: "tool", on: { click: listener } }, icon(path), element("span", {}, label));
}

async function takePicture(onPicture, onProblem) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
  } catch {
    onProblem(TEXT.sources.noCamera);
    return;
  }
  const video = element("video", { autoplay: true, playsinline: true, muted: true, "aria-label": TEXT.sources.camera });
  video.srcObject = stream;
  const dialog = element("dialog", { class: "camera", "aria-label": TEXT.sources.camera }, video,
    element("div", { class: "row" },
      button(TEXT.sources.shoot, () => shoot(), { class: "main" }), button(TEXT.close, () => dialog.close())));
  dialog.addEventListener("close", () => {
    for (const track of stream.getTracks()) track.stop();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();

  function shoot() {
    const canvas = element("canvas", { width: String(video.videoWidth), height: String(video.videoHeight) });
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      dialog.close();
      if (blob) onPicture(blob);
    }, "image/png");
  }
}
