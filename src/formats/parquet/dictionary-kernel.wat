;; Values that are numbers of those of a dictionary: RLE and bit-packed runs (https://parquet.apache.org/docs/file-format/data-pages/encodings/)
;; into numbers of 32 bits, and these into values. Compiled by scripts/build-wasm.mjs; dictionary-values.ts calls it.
(module
  (memory (export "memory") 1)

  ;; From $at to $end, behind which 8 bytes may be read.
  ;; @returns 0; 1 if they end too early or a run is impossible; 2 if one is not below $size
  (func (export "indexes")
    (param $at i32) (param $end i32) (param $bitWidth i32) (param $out i32) (param $count i32) (param $size i32)
    (result i32)
    (local $outEnd i32) (local $header i32) (local $shift i32) (local $byte i32) (local $bits i32) (local $runEnd i32)
    (local $value i32) (local $large i32) (local $mask i32) (local $stored i64)
    (local.set $outEnd (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))
    ;; All bits of a width of 32, none of 0.
    (local.set $mask
      (i32.wrap_i64
        (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u (local.get $bitWidth))) (i64.const 1))))
    (block $done
      (loop $run
        (br_if $done (i32.ge_u (local.get $out) (local.get $outEnd)))
        (local.set $header (i32.const 0))
        (local.set $shift (i32.const 0))
        (loop $varint
          (if (i32.or (i32.ge_u (local.get $at) (local.get $end)) (i32.gt_u (local.get $shift) (i32.const 28)))
            (then (return (i32.const 1))))
          (local.set $byte (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $header
            (i32.or
              (local.get $header)
              (i32.shl (i32.and (local.get $byte) (i32.const 0x7f)) (local.get $shift))))
          (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
          (br_if $varint (i32.ge_u (local.get $byte) (i32.const 0x80))))
        (local.set $count (i32.shr_u (local.get $header) (i32.const 1)))
        (if (i32.eqz (local.get $count)) (then (return (i32.const 1))))
        (if (i32.and (local.get $header) (i32.const 1))
          (then
            ;; Groups of eight. What is stored may end with the values, within the last group.
            (local.set $stored
              (i64.mul (i64.extend_i32_u (local.get $count)) (i64.extend_i32_u (local.get $bitWidth))))
            (local.set $runEnd (local.get $outEnd))
            (if (i32.le_u
                  (local.get $count)
                  (i32.shr_u (i32.sub (local.get $outEnd) (local.get $out)) (i32.const 5)))
              (then
                (local.set $runEnd (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 5))))))
            (local.set $bits
              (i32.mul
                (i32.shr_u (i32.sub (local.get $runEnd) (local.get $out)) (i32.const 2))
                (local.get $bitWidth)))
            (if (i32.gt_u
                  (i32.shr_u (i32.add (local.get $bits) (i32.const 7)) (i32.const 3))
                  (i32.sub (local.get $end) (local.get $at)))
              (then (return (i32.const 1))))
            (local.set $bits (i32.const 0))
            (loop $value
              (local.set $value
                (i32.and
                  (i32.wrap_i64
                    (i64.shr_u
                      (i64.load (i32.add (local.get $at) (i32.shr_u (local.get $bits) (i32.const 3))))
                      (i64.extend_i32_u (i32.and (local.get $bits) (i32.const 7)))))
                  (local.get $mask)))
              (local.set $large (i32.or (local.get $large) (i32.ge_u (local.get $value) (local.get $size))))
              (i32.store (local.get $out) (local.get $value))
              (local.set $bits (i32.add (local.get $bits) (local.get $bitWidth)))
              (local.set $out (i32.add (local.get $out) (i32.const 4)))
              (br_if $value (i32.lt_u (local.get $out) (local.get $runEnd))))
            (if (i64.gt_u (local.get $stored) (i64.extend_i32_u (i32.sub (local.get $end) (local.get $at))))
              (then (local.set $at (local.get $end)))
              (else (local.set $at (i32.add (local.get $at) (i32.wrap_i64 (local.get $stored)))))))
          (else
            (local.set $byte (i32.shr_u (i32.add (local.get $bitWidth) (i32.const 7)) (i32.const 3)))
            (if (i32.gt_u (local.get $byte) (i32.sub (local.get $end) (local.get $at)))
              (then (return (i32.const 1))))
            ;; Of four bytes those that it has.
            (local.set $value
              (i32.wrap_i64
                (i64.and
                  (i64.load32_u (local.get $at))
                  (i64.sub
                    (i64.shl (i64.const 1) (i64.extend_i32_u (i32.shl (local.get $byte) (i32.const 3))))
                    (i64.const 1)))))
            (local.set $at (i32.add (local.get $at) (local.get $byte)))
            (local.set $large (i32.or (local.get $large) (i32.ge_u (local.get $value) (local.get $size))))
            (local.set $runEnd (local.get $outEnd))
            (if (i32.lt_u
                  (local.get $count)
                  (i32.shr_u (i32.sub (local.get $outEnd) (local.get $out)) (i32.const 2)))
              (then
                (local.set $runEnd (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2))))))
            (loop $same
              (i32.store (local.get $out) (local.get $value))
              (local.set $out (i32.add (local.get $out) (i32.const 4)))
              (br_if $same (i32.lt_u (local.get $out) (local.get $runEnd))))))
        (br $run)))
    (i32.shl (local.get $large) (i32.const 1)))

  ;; Values of four bytes take the place of their numbers, from $at to $end.
  (func (export "gather4") (param $at i32) (param $end i32) (param $values i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (i32.store
          (local.get $at)
          (i32.load (i32.add (local.get $values) (i32.shl (i32.load (local.get $at)) (i32.const 2)))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next))))

  ;; Values of eight bytes, from $out on.
  (func (export "gather8") (param $at i32) (param $end i32) (param $values i32) (param $out i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (i64.store
          (local.get $out)
          (i64.load (i32.add (local.get $values) (i32.shl (i32.load (local.get $at)) (i32.const 3)))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (br $next)))))
