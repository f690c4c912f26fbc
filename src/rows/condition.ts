import type { Row } from "./column.js";

/** One test of one field. All given tests must hold. Null fails every test but `isNull`. */
export interface FieldTest {
  eq?: Scalar;
  ne?: Scalar;
  in?: readonly Scalar[];
  gt?: Scalar;
  gte?: Scalar;
  lt?: Scalar;
  lte?: Scalar;
  /** A substring of a text, or an element of a list. */
  contains?: Scalar;
  isNull?: boolean;
}

export type Scalar = string | number | bigint | boolean;

/**
 * Which rows: fields by name (dots lead into structs and JSON: `metadata.intent`), all of which must hold, and the three
 * combinators. A plain value means equality, `null` means is null.
 */
export type Condition = { readonly [field: string]: FieldTest | Scalar | null | Condition | readonly Condition[] | undefined } & {
  readonly and?: readonly Condition[];
  readonly or?: readonly Condition[];
  readonly not?: Condition;
};

/** @throws {TypeError} If a test is not one of the above. */
export declare function compileCondition(condition: Condition): { fields: readonly string[]; test: (row: Row) => boolean };
