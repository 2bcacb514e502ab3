// Strokes as data, and how they look: smooth, with the width of the pen's pressure.

// A stroke: {width, points: [{x, y, pressure}]}, in units of the pad.
export function paint(context, strokes, colour) {
  context.strokeStyle = context.fillStyle = colour;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) paintStroke(context, stroke);
}

function paintStroke(context, { width, points }) {
  if (points.length === 1 || points.every((point) => point.x === points[0].x && point.y === points[0].y)) {
    context.beginPath();
    context.arc(points[0].x, points[0].y, (width * weight(points[0])) / 2, 0, 2 * Math.PI);
    context.fill();
    return;
  }
  const even = points.every((point) => point.pressure === points[0].pressure);
  if (even) {
    context.lineWidth = width * weight(points[0]);
    context.beginPath();
    context.moveTo(points[0].x, points[0].y);
    for (let i = 1; i < points.length - 1; i += 1) {
      const [middleX, middleY] = between(points[i], points[i + 1]);
      context.quadraticCurveTo(points[i].x, points[i].y, middleX, middleY);
    }
    const last = points[points.length - 1];
    context.lineTo(last.x, last.y);
    context.stroke();
    return;
  }
  let [fromX, fromY] = [points[0].x, points[0].y];
  for (let i = 1; i < points.length; i += 1) {
    const [toX, toY] = i < points.length - 1 ? between(points[i], points[i + 1]) : [points[i].x, points[i].y];
    context.lineWidth = (width * (weight(points[i - 1]) + weight(points[i]))) / 2;
    context.beginPath();
    context.moveTo(fromX, fromY);
    context.quadraticCurveTo(points[i].x, points[i].y, toX, toY);
    context.stroke();
    [fromX, fromY] = [toX, toY];
  }
}

function between(one, other) {
  return [(one.x + other.x) / 2, (one.y + other.y) / 2];
}

// A mouse and most fingers have no pressure and say 0.5.
function weight({ pressure }) {
  return 0.55 + 0.9 * pressure;
}

// The box of strokes with their width: {left, top, right, bottom}; null where there are none.
export function boxOf(strokes) {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { width, points } of strokes) {
    for (const { x, y } of points) {
      box.left = Math.min(box.left, x - width / 2);
      box.right = Math.max(box.right, x + width / 2);
      box.top = Math.min(box.top, y - width / 2);
      box.bottom = Math.max(box.bottom, y + width / 2);
    }
  }
  return strokes.length ? box : null;
}

// Strokes that share columns, from left to right: what may be one digit each.
export function groupsOf(strokes) {
  const boxes = strokes.map((stroke) => boxOf([stroke])).sort((one, other) => one.left - other.left);
  const groups = [];
  for (const box of boxes) {
    const last = groups[groups.length - 1];
    if (last && box.left <= last.right) last.right = Math.max(last.right, box.right);
    else groups.push({ ...box });
  }
  return groups;
}

// The last of each run of points that come closer than this adds nothing but jitter.
export function isFar(one, other, least) {
  return Math.hypot(one.x - other.x, one.y - other.y) >= least;
}
