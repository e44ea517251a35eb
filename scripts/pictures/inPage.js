// Runs in the page: what is to be drawn of the elements that match `selector`, in paint order, within their own bounds.
// Places are CSS pixels from the left top corner of `area`; colours are as computed.
(selector, area) => {
  const items = [];
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  /** Any CSS colour as [red, green, blue, alpha]. */
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const cut = (a, b) => {
    const left = Math.max(a.left, b.left);
    const top = Math.max(a.top, b.top);
    return { left, top, right: Math.min(a.right, b.right), bottom: Math.min(a.bottom, b.bottom) };
  };
  const isEmpty = ({ left, top, right, bottom }) => right - left < 0.5 || bottom - top < 0.5;
  const place = ({ left, top, right, bottom }) => ({
    x: left - area.x,
    y: top - area.y,
    width: right - left,
    height: bottom - top,
  });
  const ascent = (style) => {
    canvas.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const { fontBoundingBoxAscent, fontBoundingBoxDescent } = canvas.measureText('x');
    return fontBoundingBoxAscent / (fontBoundingBoxAscent + fontBoundingBoxDescent);
  };
  const text = (said, box, style, opacity) => {
    if (said.trim() === '' || isEmpty(box)) return;
    items.push({
      kind: 'text',
      ...place(box),
      y: box.top - area.y + (box.bottom - box.top) * ascent(style),
      text: said,
      color: rgba(style.color),
      opacity,
      size: parseFloat(style.fontSize),
      weight: Number(style.fontWeight),
      italic: style.fontStyle === 'italic',
      mono: /mono|Consolas|Menlo|Courier/i.test(style.fontFamily),
    });
  };
  /** A text node, a line at a time; what the bounds cut off ends in an ellipsis. */
  const lines = (node, bounds, style, opacity, ellipsis) => {
    const range = document.createRange();
    const data = node.data;
    let from = 0;
    const boxOf = (start, end) => {
      range.setStart(node, start);
      range.setEnd(node, end);
      return range.getBoundingClientRect();
    };
    const line = (start, end) => {
      const box = boxOf(start, end);
      if (isEmpty(cut(box, bounds))) return;
      let to = end;
      while (to > start && boxOf(start, to).right > bounds.right + 0.5) to -= 1;
      const whole = to === end;
      if (!whole && ellipsis) to -= 1;
      if (to <= start) return;
      const shown = boxOf(start, to);
      const dots = whole || !ellipsis ? '' : '…';
      const right = dots === '' ? shown.right : Math.min(bounds.right, shown.right + parseFloat(style.fontSize) * 0.9);
      text(
        data.slice(start, to) + dots,
        { left: shown.left, top: shown.top, right, bottom: shown.bottom },
        style,
        opacity,
      );
    };
    let top;
    for (let at = 0; at < data.length; at += 1) {
      const box = boxOf(at, at + 1);
      if (box.width === 0) continue;
      if (top !== undefined && Math.abs(box.top - top) > 3) {
        line(from, at);
        from = at;
      }
      top = box.top;
    }
    line(from, data.length);
  };
  const visit = (element, bounds, outer, inEllipsis) => {
    const style = getComputedStyle(element);
    const opacity = outer * Number(style.opacity);
    if (style.display === 'none' || opacity < 0.05 || element.classList.contains('cursor')) return;
    const box = element.getBoundingClientRect();
    const isShown = style.visibility === 'visible';
    const own = style.overflowX === 'visible' ? bounds : cut(bounds, box);
    const ellipsis = inEllipsis || style.textOverflow === 'ellipsis';
    const seen = cut(box, bounds);
    if (isShown && !isEmpty(seen)) {
      const fill = rgba(style.backgroundColor);
      const borders = ['Top', 'Right', 'Bottom', 'Left'].map((side) =>
        style[`border${side}Style`] === 'none' ? 0 : parseFloat(style[`border${side}Width`]),
      );
      const stroke = rgba(style.borderTopColor);
      const hasBorder = borders.every((width) => width > 0) && stroke[3] > 0.05;
      const outline =
        style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 ? rgba(style.outlineColor) : undefined;
      if (fill[3] > 0.02 || hasBorder || outline?.[3] > 0.05)
        items.push({
          kind: 'box',
          ...place(seen),
          radius: parseFloat(style.borderTopLeftRadius) || 0,
          fill: fill[3] > 0.02 ? fill : undefined,
          stroke: outline?.[3] > 0.05 ? outline : hasBorder ? stroke : undefined,
          opacity,
        });
      if (!hasBorder)
        for (const [index, width] of borders.entries()) {
          const side = ['Top', 'Right', 'Bottom', 'Left'][index];
          const color = rgba(style[`border${side}Color`]);
          if (width === 0 || color[3] < 0.05) continue;
          const line = { ...seen };
          if (side === 'Top') line.bottom = line.top + width;
          if (side === 'Bottom') line.top = line.bottom - width;
          if (side === 'Left') line.right = line.left + width;
          if (side === 'Right') line.left = line.right - width;
          items.push({ kind: 'box', ...place(line), radius: 0, fill: color, opacity });
        }
      if (/squiggly-(error|warning|info)/.test(element.className))
        items.push({
          kind: 'squiggle',
          ...place(seen),
          color: rgba(`var(--vscode-editorError-foreground)`),
          opacity,
          as: element.className,
        });
      const before = getComputedStyle(element, '::before');
      const char = /^"(.)"$/u.exec(before.content)?.[1];
      if (char !== undefined && /codicon/.test(before.fontFamily)) {
        const size = parseFloat(before.fontSize);
        const inner = box.left + parseFloat(style.paddingLeft) + parseFloat(style.borderLeftWidth || '0');
        const room = box.right - parseFloat(style.paddingRight) - inner;
        const x = /twistie|action-label|monaco-button/.test(element.className) ? inner + (room - size) / 2 : inner;
        items.push({
          kind: 'icon',
          x: x - area.x,
          y: (box.top + box.bottom) / 2 - size / 2 - area.y,
          size,
          code: char.codePointAt(0),
          color: rgba(before.color),
          opacity: opacity * Number(before.opacity),
          turned: /^matrix\(0, -1|e-1\d, -1/.test(before.transform),
        });
      }
      if (element.tagName === 'INPUT' && element.type === 'text') {
        let value = element.value || element.placeholder;
        const shown = element.value ? style : getComputedStyle(element, '::placeholder');
        canvas.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
        const height = parseFloat(style.fontSize) * 1.2;
        const left = box.left + parseFloat(style.paddingLeft);
        const middle = (box.top + box.bottom) / 2;
        const bottom = middle + height / 2;
        // What lies over the box, as a count does, cuts its text off.
        const isOver = (right) => document.elementFromPoint(right, middle) !== element;
        const hidden = [...value].findIndex((_, at) => isOver(left + canvas.measureText(value.slice(0, at + 1)).width));
        if (hidden >= 0) value = value.slice(0, hidden);
        text(
          value,
          { left, top: middle - height / 2, right: left + canvas.measureText(value).width, bottom },
          {
            ...Object.fromEntries(
              ['fontStyle', 'fontWeight', 'fontSize', 'fontFamily'].map((key) => [key, style[key]]),
            ),
            color: shown.color,
          },
          opacity,
        );
      }
    }
    const children = element.shadowRoot ? element.shadowRoot.childNodes : element.childNodes;
    for (const child of children) {
      if (child.nodeType === Node.TEXT_NODE) {
        if (isShown) lines(child, own, style, opacity, ellipsis);
      } else if (child.nodeType === Node.ELEMENT_NODE && !/^(STYLE|SCRIPT)$/.test(child.tagName))
        visit(child, own, opacity, ellipsis);
    }
  };
  const bounds = { left: area.x, top: area.y, right: area.x + area.width, bottom: area.y + area.height };
  const find = (from) => [
    ...from.querySelectorAll(selector),
    ...[...from.querySelectorAll('.shadow-root-host')].flatMap(({ shadowRoot }) =>
      shadowRoot ? find(shadowRoot) : [],
    ),
  ];
  for (const element of find(document)) visit(element, bounds, 1, false);
  return items;
};
