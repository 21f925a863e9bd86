// How well texts and shapes of a page stand out, by WCAG 2: (lighter + 0.05) / (darker + 0.05).

const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** Return red, green, blue from 0 to 255 and alpha from 0 to 1 of any CSS colour. */
function parsed(color) {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = color;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b, alpha] = pen.getImageData(0, 0, 1, 1).data;
  return [r, g, b, alpha / 255];
}

const over = ([r, g, b, alpha], ground) => [r, g, b].map((value, i) => alpha * value + (1 - alpha) * ground[i]);

/** Return the colour behind the content of an element. */
function groundOf(element) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) {
    const layer = parsed(getComputedStyle(one).backgroundColor);
    layers.push(layer);
    if (layer[3] === 1) break;
  }
  return layers.reduceRight((ground, layer) => over(layer, ground), [255, 255, 255]);
}

function luminance(color) {
  const [r, g, b] = color.map((value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(color, ground) {
  const [darker, lighter] = [luminance(over(color, ground)), luminance(ground)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

const isShown = (element) => {
  const { width, height } = element.getBoundingClientRect();
  return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && width > 1 && height > 1;
};
const isOff = (element) => element.closest(":disabled, [aria-disabled=true]"); // which need no contrast

/** Return each shown text below `root` that has less contrast than `least`, and how much it has. */
export function faintTexts(root, least) {
  const found = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const look = (element, text, color) => {
    if (!text.trim() || !isShown(element) || isOff(element)) return;
    const is = contrast(parsed(color), groundOf(element));
    if (is < least) found.push(`${is.toFixed(2)} ${text.trim().slice(0, 40)} (${element.tagName} ${element.className})`);
  };
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element.closest("style")) look(element, walker.currentNode.data, getComputedStyle(element).color);
  }
  for (const field of root.querySelectorAll("input, textarea, select")) look(field, "its text", getComputedStyle(field).color);
  for (const field of root.querySelectorAll("[placeholder]")) {
    look(field, field.placeholder, getComputedStyle(field, "::placeholder").color);
  }
  return [...new Set(found)];
}

/** Return each of the shown `shapes` that neither its fill nor its edge sets off from what is around it. */
export function faintShapes(shapes, least) {
  const best = (shape) => {
    const ground = groundOf(shape.parentElement);
    const style = getComputedStyle(shape);
    if (shape.tagName === "CANVAS") {
      const { data } = shape.getContext("2d").getImageData(0, 0, shape.width, shape.height);
      const pixels = Array.from({ length: data.length / 4 }, (_, i) => [...data.slice(4 * i, 4 * i + 3), data[4 * i + 3] / 255]);
      return Math.max(...pixels.map((pixel) => contrast(pixel, ground)));
    }
    const edge = parseFloat(style.borderBottomWidth) ? [style.borderBottomColor] : [];
    const fill = shape.tagName === "svg" ? style.fill : style.backgroundColor;
    return Math.max(...[fill, ...edge].map((color) => contrast(parsed(color), ground)));
  };
  return [...shapes].filter((shape) => isShown(shape) && !isOff(shape) && best(shape) < least).map(
    (shape) => `${best(shape).toFixed(2)} ${shape.tagName} ${shape.parentElement.textContent.slice(0, 20)}`,
  );
}

/** Return how well the line around the element that has the focus stands out; 0 if there is none. */
export function focusContrast() {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  if (outlineStyle === "none" || parseFloat(outlineWidth) < 1) return 0;
  return contrast(parsed(outlineColor), groundOf(element.parentElement));
}
