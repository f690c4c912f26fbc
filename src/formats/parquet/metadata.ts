import type { Spec, ValueOf } from "./thrift.js";

/*
 * The structs of Parquet's metadata that are read or written here, by their numbers in
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */

export const PHYSICAL_TYPES = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;
export type PhysicalType = (typeof PHYSICAL_TYPES)[number];

export const REPETITIONS = ["REQUIRED", "OPTIONAL", "REPEATED"] as const;
export type Repetition = (typeof REPETITIONS)[number];

/** In the order of their numbers; those that are no longer used are read from old files. */
export const CONVERTED_TYPES = [
  "UTF8",
  "MAP",
  "MAP_KEY_VALUE",
  "LIST",
  "ENUM",
  "DECIMAL",
  "DATE",
  "TIME_MILLIS",
  "TIME_MICROS",
  "TIMESTAMP_MILLIS",
  "TIMESTAMP_MICROS",
  "UINT_8",
  "UINT_16",
  "UINT_32",
  "UINT_64",
  "INT_8",
  "INT_16",
  "INT_32",
  "INT_64",
  "JSON",
  "BSON",
  "INTERVAL",
] as const;
export type ConvertedType = (typeof CONVERTED_TYPES)[number];

export const ENCODINGS = [
  "PLAIN",
  "",
  "PLAIN_DICTIONARY",
  "RLE",
  "BIT_PACKED",
  "DELTA_BINARY_PACKED",
  "DELTA_LENGTH_BYTE_ARRAY",
  "DELTA_BYTE_ARRAY",
  "RLE_DICTIONARY",
  "BYTE_STREAM_SPLIT",
] as const;
export type Encoding = Exclude<(typeof ENCODINGS)[number], "">;

export const CODECS = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] as const;
export type CodecName = (typeof CODECS)[number];

export const PAGE_TYPES = ["DATA_PAGE", "INDEX_PAGE", "DICTIONARY_PAGE", "DATA_PAGE_V2"] as const;
export type PageType = (typeof PAGE_TYPES)[number];

const EMPTY = { fields: {} } as const satisfies Spec;

const TimeUnit = {
  fields: { MILLIS: [1, EMPTY], MICROS: [2, EMPTY], NANOS: [3, EMPTY] },
} as const satisfies Spec;

const InstantType = {
  fields: { isAdjustedToUTC: [1, "bool"], unit: [2, TimeUnit] },
} as const satisfies Spec;

const LogicalType = {
  fields: {
    STRING: [1, EMPTY],
    MAP: [2, EMPTY],
    LIST: [3, EMPTY],
    ENUM: [4, EMPTY],
    DECIMAL: [5, { fields: { scale: [1, "i32"], precision: [2, "i32"] } }],
    DATE: [6, EMPTY],
    TIME: [7, InstantType],
    TIMESTAMP: [8, InstantType],
    INTEGER: [10, { fields: { bitWidth: [1, "i8"], isSigned: [2, "bool"] } }],
    UNKNOWN: [11, EMPTY],
    JSON: [12, EMPTY],
    BSON: [13, EMPTY],
    UUID: [14, EMPTY],
    FLOAT16: [15, EMPTY],
  },
} as const satisfies Spec;
export type LogicalType = ValueOf<typeof LogicalType>;

const SchemaElement = {
  fields: {
    type: [1, "i32"],
    type_length: [2, "i32"],
    repetition_type: [3, "i32"],
    name: [4, "text"],
    num_children: [5, "i32"],
    converted_type: [6, "i32"],
    scale: [7, "i32"],
    precision: [8, "i32"],
    logicalType: [10, LogicalType],
  },
} as const satisfies Spec;
export type SchemaElement = ValueOf<typeof SchemaElement>;

const Statistics = {
  fields: {
    null_count: [3, "i64"],
    max_value: [5, "bytes"],
    min_value: [6, "bytes"],
    is_max_value_exact: [7, "bool"],
    is_min_value_exact: [8, "bool"],
  },
} as const satisfies Spec;
export type Statistics = ValueOf<typeof Statistics>;

const ColumnMetaData = {
  fields: {
    type: [1, "i32"],
    encodings: [2, { list: "i32" }],
    path_in_schema: [3, { list: "text" }],
    codec: [4, "i32"],
    num_values: [5, "i64"],
    total_uncompressed_size: [6, "i64"],
    total_compressed_size: [7, "i64"],
    data_page_offset: [9, "i64"],
    dictionary_page_offset: [11, "i64"],
    statistics: [12, Statistics],
    bloom_filter_offset: [14, "i64"],
    bloom_filter_length: [15, "i32"],
  },
} as const satisfies Spec;
export type ColumnMetaData = ValueOf<typeof ColumnMetaData>;

const ColumnChunk = {
  fields: {
    file_path: [1, "text"],
    file_offset: [2, "i64"],
    meta_data: [3, ColumnMetaData],
    crypto_metadata: [8, EMPTY],
  },
} as const satisfies Spec;
export type ColumnChunk = ValueOf<typeof ColumnChunk>;

export const RowGroup = {
  fields: {
    columns: [1, { list: ColumnChunk }],
    total_byte_size: [2, "i64"],
    num_rows: [3, "i64"],
    file_offset: [5, "i64"],
    total_compressed_size: [6, "i64"],
    ordinal: [7, "i16"],
  },
} as const satisfies Spec;
export type RowGroup = ValueOf<typeof RowGroup>;

const KeyValue = { fields: { key: [1, "text"], value: [2, "text"] } } as const satisfies Spec;

/** The only order there is: that of the type. Without it readers must not believe min_value and max_value. */
const ColumnOrder = { fields: { TYPE_ORDER: [1, EMPTY] } } as const satisfies Spec;

export const FileMetaData = {
  fields: {
    version: [1, "i32"],
    schema: [2, { list: SchemaElement }],
    num_rows: [3, "i64"],
    /** Each a RowGroup: a large file has thousands. */
    row_groups: [4, { list: "struct" }],
    key_value_metadata: [5, { list: KeyValue }],
    created_by: [6, "text"],
    column_orders: [7, { list: ColumnOrder }],
  },
} as const satisfies Spec;
export type FileMetaData = ValueOf<typeof FileMetaData>;

export const PageHeader = {
  fields: {
    type: [1, "i32"],
    uncompressed_page_size: [2, "i32"],
    compressed_page_size: [3, "i32"],
    crc: [4, "i32"],
    data_page_header: [
      5,
      {
        fields: {
          num_values: [1, "i32"],
          encoding: [2, "i32"],
          definition_level_encoding: [3, "i32"],
          repetition_level_encoding: [4, "i32"],
        },
      },
    ],
    dictionary_page_header: [7, { fields: { num_values: [1, "i32"], encoding: [2, "i32"] } }],
    data_page_header_v2: [
      8,
      {
        fields: {
          num_values: [1, "i32"],
          num_nulls: [2, "i32"],
          num_rows: [3, "i32"],
          encoding: [4, "i32"],
          definition_levels_byte_length: [5, "i32"],
          repetition_levels_byte_length: [6, "i32"],
          is_compressed: [7, "bool"],
        },
      },
    ],
  },
} as const satisfies Spec;
export type PageHeader = ValueOf<typeof PageHeader>;

export const BloomFilterHeader = {
  fields: {
    numBytes: [1, "i32"],
    algorithm: [2, { fields: { BLOCK: [1, EMPTY] } }],
    hash: [3, { fields: { XXHASH: [1, EMPTY] } }],
    compression: [4, { fields: { UNCOMPRESSED: [1, EMPTY] } }],
  },
} as const satisfies Spec;

export const MAGIC = Buffer.from("PAR1");
/** Instead of the magic where the footer is encrypted. */
export const ENCRYPTED_MAGIC = Buffer.from("PARE");
