/*
 * An answer is a value, `{ status, headers, body }`: what a fault does to it is done in one place.
 */

export function json(status, value, headers = {}) {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: Buffer.from(value === undefined ? "" : JSON.stringify(value)),
  };
}

/** Python's client tells errors apart by X-Error-Code, the JavaScript one by the status. */
export function refusal(status, message, code) {
  return json(
    status,
    { error: message },
    { ...(code && { "x-error-code": code }), "x-error-message": encodeURIComponent(message).replaceAll("%20", " ") },
  );
}

/** A file, or the one range of it that was asked for. */
export function bytes(request, body, headers) {
  const shared = { "content-type": "application/octet-stream", "accept-ranges": "bytes", ...headers };
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  if (!range) return { status: 200, headers: shared, body };
  const [, first, last] = range;
  const start = first === "" ? Math.max(0, body.length - Number(last)) : Number(first);
  const end = first === "" || last === "" ? body.length - 1 : Math.min(Number(last), body.length - 1);
  if (start > end)
    return {
      status: 416,
      headers: { ...shared, "content-range": `bytes */${body.length}` },
      body: Buffer.alloc(0),
    };
  return {
    status: 206,
    headers: { ...shared, "content-range": `bytes ${start}-${end}/${body.length}` },
    body: body.subarray(start, end + 1),
  };
}

/** One page of a list, and where the next one is. */
export function page(request, items, { limit, parameter, headers = {} }) {
  const number = Number(request.query.get(parameter) ?? 0);
  const isLast = (number + 1) * limit >= items.length;
  const next = new URL(request.url);
  next.searchParams.set(parameter, String(number + 1));
  return json(200, items.slice(number * limit, (number + 1) * limit), {
    ...headers,
    ...(!isLast && { link: `<${next.href}>; rel="next"` }),
  });
}
