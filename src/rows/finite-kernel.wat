;; Whether the float32s from 0 to $end, in bytes, are finite: of one that is not, all bits of the exponent are set. It looks at four at a time, so up
;; to three behind the end count too. Compiled by scripts/build-wasm.mjs; all-finite.ts calls it.
(module
  (memory (export "memory") 1)
  (func (export "areFinite") (param $end i32) (result i32)
    (local $at i32) (local $exponent v128) (local $largest v128)
    (local.set $exponent (i32x4.splat (i32.const 0x7f800000)))
    (loop $next
      (local.set $largest
        (i32x4.max_u (local.get $largest) (v128.and (v128.load (local.get $at)) (local.get $exponent))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
    (i32.eqz (v128.any_true (i32x4.eq (local.get $largest) (local.get $exponent))))))
