/*
 * A field that is absent is saved, and read, as null (docs/decisions/021). Schemas call it optional, and their libraries undefined.
 */

/*
 * Arrays are spelled as such, beside tuples: TypeScript puts off what is in an array type, but not what is in a mapped one, and a type
 * that holds itself, such as any JSON, would have no end.
 */

type Plain = string | number | bigint | boolean | null | ArrayBufferView;

/** What a schema calls `Row`, as it is read: every field is there, null where it was absent. Inside JSON absent stays absent. */
export type RowOfSchema<Row> = {
  [Name in keyof Row]-?: undefined extends Row[Name] ? Exclude<Inner<Row[Name]>, undefined> | null : Inner<Row[Name]>;
};

/** A schema does not tell which of its objects are structs and which JSON: what is optional inside may be either. */
type Inner<Value> = Value extends Plain
  ? Value
  : Value extends readonly unknown[]
    ? Value[number][] extends Value
      ? Value extends unknown[]
        ? Inner<Value[number]>[]
        : readonly Inner<Value[number]>[]
      : { [Index in keyof Value]: Inner<Value[Index]> }
    : Value extends object
      ? { [Name in keyof Value]: undefined extends Value[Name] ? Inner<Value[Name]> | null : Inner<Value[Name]> }
      : Value;

/** What a row that no schema describes is read as: null where it was absent, if any other had the field. */
export type RowOfGiven<Row> = Inner<Row>;

/** A row as it may be given to be saved: a field that may be null may also be absent. */
export type Given<Value> = Value extends Plain
  ? Value
  : Value extends readonly unknown[]
    ? Value[number][] extends Value
      ? readonly Given<Value[number]>[]
      : { readonly [Index in keyof Value]: Given<Value[Index]> }
    : Value extends object
      ? { [Name in keyof Value as MayBeAbsent<Value[Name]> extends true ? never : Name]: Given<Value[Name]> } & {
          [Name in keyof Value as MayBeAbsent<Value[Name]> extends true ? Name : never]?:
            | Given<Value[Name]>
            | undefined;
        }
      : Value;

type MayBeAbsent<Value> = unknown extends Value ? false : null extends Value ? true : false;

/** The same of a schema, by what it takes: what may be absent may also be null, as it is in rows that were read. */
export type GivenOfSchema<Value> = Value extends Plain
  ? Value
  : Value extends readonly unknown[]
    ? Value[number][] extends Value
      ? readonly GivenOfSchema<Value[number]>[]
      : { readonly [Index in keyof Value]: GivenOfSchema<Value[Index]> }
    : Value extends object
      ? {
          [Name in keyof Value]: undefined extends Value[Name]
            ? GivenOfSchema<Value[Name]> | null
            : GivenOfSchema<Value[Name]>;
        }
      : Value;
