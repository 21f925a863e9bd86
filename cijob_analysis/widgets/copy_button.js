// A button that asks the kernel for a text and puts it on the clipboard.

const SAID_MS = 2000;
const HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";

/** Put on the clipboard what `coming` promises. Begun in the click itself, as Safari wants it. */
async function copy(coming) {
  if (navigator.clipboard?.write && globalThis.ClipboardItem) {
    const blob = coming.then((text) => new Blob([text], { type: "text/plain" }));
    blob.catch(() => {}); // so does `coming`, below
    try {
      return await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } catch {
      // there may be another way, unless it is the kernel that failed
    }
  }
  copyFromPage(await coming);
}

/** Do it without the clipboard's interface, which pages served over plain http have not. */
function copyFromPage(text) {
  const area = areaOf(text);
  area.style.cssText = HIDDEN;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error("this browser does not let the page copy");
}

function areaOf(text) {
  const area = document.createElement("textarea");
  area.readOnly = true;
  area.value = text;
  return area;
}

/** Show `text`, selected, to be copied by hand, and why; call `done` with whether it was, or given up by Escape. */
function offer(place, text, reason, done) {
  const label = document.createElement("label");
  label.style.cssText = "display:flex;flex-direction:column;gap:2px;margin-top:4px;color:var(--jp-ui-font-color1,#212121)";
  const area = areaOf(text);
  area.rows = 6;
  area.style.cssText =
    "width:min(40em,90%);font:12px var(--jp-code-font-family,monospace);color:inherit;" +
    "background:var(--jp-layout-color1,white);border:1px solid var(--jp-border-color1,#757575)";
  const close = (isCopied) => {
    place.replaceChildren();
    done(isCopied);
  };
  area.addEventListener("copy", () => setTimeout(close, 0, true)); // the browser reads the text after this event
  area.addEventListener("keydown", (event) => {
    event.stopPropagation(); // these keys are not the notebook's
    if (event.key === "Escape") close(false);
  });
  label.append(`Not copied: ${reason}. Press Ctrl+C or ⌘C to copy, Escape to close.`, area);
  place.replaceChildren(label);
  area.focus();
  area.select();
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lm-Widget jupyter-widgets jupyter-button widget-button";
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.style.cssText = HIDDEN;
  const place = document.createElement("div");
  let asked = null; // how to answer the click that waits
  let timer = 0;

  const write = () => {
    button.textContent = said.textContent || model.get("description");
    button.disabled = model.get("disabled");
  };
  const say = (text) => {
    button.style.minWidth = `${button.offsetWidth}px`; // the buttons beside it stay where they are
    said.textContent = text;
    write();
    clearTimeout(timer);
    timer = setTimeout(() => {
      said.textContent = button.style.minWidth = "";
      write();
    }, SAID_MS);
  };
  const byHand = (isCopied) => {
    if (isCopied) say("Copied");
    button.focus();
  };
  const answer = (message, buffers) => {
    if (message.kind === "text") asked?.resolve(new TextDecoder().decode(buffers[0]));
    else asked?.reject(new Error(message.kind));
  };
  const click = async () => {
    if (asked) return; // the kernel is at it
    place.replaceChildren();
    button.ariaBusy = "true";
    const coming = new Promise((resolve, reject) => (asked = { resolve, reject }));
    model.send({ kind: "click" });
    try {
      await copy(coming);
      say("Copied");
    } catch (error) {
      // the kernel's own errors are shown by the dashboard
      await coming.then((text) => offer(place, text, error.message, byHand), () => {});
    } finally {
      asked = null;
      button.ariaBusy = "false";
    }
  };
  button.addEventListener("click", click);
  model.on("change:description change:disabled", write);
  model.on("msg:custom", answer);
  write();
  el.append(button, said, place);
  return () => {
    clearTimeout(timer);
    model.off("change:description change:disabled", write);
    model.off("msg:custom", answer);
  };
}

export default { render };
