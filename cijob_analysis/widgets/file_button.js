// A button that asks the kernel for a file and saves it through the browser.

function save(bytes, name, mime) {
  const url = URL.createObjectURL(new Blob([bytes], { type: mime }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // some browsers read it after the click has returned
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lm-Widget jupyter-widgets jupyter-button widget-button";
  const write = () => {
    button.textContent = model.get("description");
    button.disabled = model.get("disabled");
  };
  const answer = (message, buffers) => {
    if (message.kind === "file" && button.ariaBusy === "true") save(buffers[0], message.name, message.mime);
    button.ariaBusy = "false";
  };
  button.addEventListener("click", () => {
    if (button.ariaBusy === "true") return; // the kernel is at it
    button.ariaBusy = "true";
    model.send({ kind: "click" });
  });
  model.on("change:description change:disabled", write);
  model.on("msg:custom", answer);
  write();
  el.append(button);
  return () => {
    model.off("change:description change:disabled", write);
    model.off("msg:custom", answer);
  };
}

export default { render };
