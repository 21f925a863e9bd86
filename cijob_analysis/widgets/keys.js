// Gives a dashboard the keys that are pressed in it, but for those with Ctrl, ⌘ or Alt, such as Ctrl+S.
//
// Notebooks have shortcuts of single keys: arrows choose cells, "d d" deletes one. Notebook 7 looks at each key before
// the page does, and lets go of it only if the very element that has the focus asks for that.

function keep({ target, ctrlKey, metaKey, altKey }) {
  if (!target.closest?.(".cijob-explorer")) return;
  target.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey || altKey));
}

function render() {
  const listener = (event) => keep(event); // each dashboard has one of its own
  window.addEventListener("keydown", listener, { capture: true });
  return () => window.removeEventListener("keydown", listener, { capture: true });
}

export default { render };
