import { displayWidth } from "../pipeline/visualise-text.js";

/** Numbers, sizes and times as people read them, the same in every locale and time zone. */

/** 12,345 */
export function spellCount(count: number): string {
  return count.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** "1 row", "2 rows" */
export function spellRows(count: number): string {
  return count === 1 ? "1 row" : `${spellCount(count)} rows`;
}

/** $0.0042, $0.25, $1,234.50: to the cent, or two digits below one. */
export function dollarsText(dollars: number): string {
  if (dollars > 0 && dollars < 0.01) return `$${dollars.toPrecision(2)}`;
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Decimal units, as disks and `ls --si` count. */
export function spellBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (value < 999.5) return unit === "B" ? `${value} B` : `${value.toFixed(value < 9.95 ? 1 : 0)} ${unit}`;
    value /= 1000;
  }
  return `${value.toFixed(1)} TB`;
}

/** 2026-01-31 23:59:59 UTC */
export function spellTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** 0.4 s, 12 s, 3:05, 1:02:03 */
export function spellDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Lines with cells in columns; the first row is the header. Without spaces at the ends. */
export function textTable(rows: readonly (readonly string[])[], options: { right?: readonly number[] } = {}): string[] {
  const { right = [] } = options;
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const padding = " ".repeat(widths[column]! - displayWidth(cell));
        return right.includes(column) ? padding + cell : cell + padding;
      })
      .join("  ")
      .trimEnd(),
  );
}
