// How behaviors look: a color and a pattern each, so that they are told apart without colors too.

class Patterns {
  static TILE = 8; // px of the page

  constructor(behaviors) {
    this.behaviors = behaviors;
    this.tiles = behaviors.map(({ color, pattern }) => Patterns.draw(color, pattern));
  }

  /** Black or white, whichever is read better on a color. */
  static ink(color) {
    const [r, g, b] = [1, 3, 5].map((i) => {
      const c = parseInt(color.slice(i, i + 2), 16) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
  }

  static draw(color, pattern) {
    const scale = Math.ceil(window.devicePixelRatio || 1);
    const n = Patterns.TILE;
    const tile = document.createElement("canvas");
    tile.width = tile.height = n * scale;
    const ctx = tile.getContext("2d");
    ctx.scale(scale, scale);
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, n, n);
    ctx.strokeStyle = ctx.fillStyle = Patterns.ink(color);
    ctx.globalAlpha = 0.55;
    ctx.lineWidth = 1.2;
    const line = (x0, y0, x1, y1) => {
      ctx.beginPath();
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
      ctx.stroke();
    };
    const rising = () => [-n, 0, n].forEach((x) => line(x - 1, n + 1, x + n + 1, -1));
    const falling = () => [-n, 0, n].forEach((x) => line(x - 1, -1, x + n + 1, n + 1));
    const drawings = {
      solid() {},
      rising,
      falling,
      crossed() {
        rising();
        falling();
      },
      level: () => line(0, n / 2, n, n / 2),
      upright: () => line(n / 2, 0, n / 2, n),
      dots() {
        for (const [x, y] of [[2, 2], [6, 6]]) {
          ctx.beginPath();
          ctx.arc(x, y, 1.1, 0, 7);
          ctx.fill();
        }
      },
      squares() {
        line(0, n / 2, n, n / 2);
        line(n / 2, 0, n / 2, n);
      },
    };
    (drawings[pattern] ?? drawings.solid)();
    return { canvas: tile, scale };
  }

  /** Return what fills a behavior's shapes on a canvas that is scaled to px of the page. */
  fill(ctx, behavior) {
    const { canvas, scale } = this.tiles[behavior];
    const pattern = ctx.createPattern(canvas, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / scale));
    return pattern;
  }

  /** Return a small picture of a behavior's look; of what is not labeled, for -1. */
  swatch(behavior) {
    const element = document.createElement("span");
    element.className = "swatch";
    this.show(element, behavior);
    return element;
  }

  show(element, behavior) {
    element.style.background =
      behavior < 0
        ? ""
        : `url(${this.tiles[behavior].canvas.toDataURL()}) 0 0 / ${Patterns.TILE}px`;
  }
}
