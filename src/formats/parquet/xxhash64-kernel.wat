;; XXH64 with seed 0: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
;; Compiled by scripts/build-wasm.mjs; xxhash64.ts calls it.
(module
  (memory (export "memory") 1)

  (func $round (param $acc i64) (param $input i64) (result i64)
    (i64.mul
      (i64.rotl
        (i64.add (local.get $acc) (i64.mul (local.get $input) (i64.const 0xc2b2ae3d27d4eb4f)))
        (i64.const 31))
      (i64.const 0x9e3779b185ebca87)))

  (func $merge (param $acc i64) (param $lane i64) (result i64)
    (i64.add
      (i64.mul
        (i64.xor (local.get $acc) (call $round (i64.const 0) (local.get $lane)))
        (i64.const 0x9e3779b185ebca87))
      (i64.const 0x85ebca77c2b2ae63)))

  (func $hash (export "hash") (param $at i32) (param $length i32) (result i64)
    (local $end i32) (local $acc i64) (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (local.set $acc (i64.const 0x27d4eb2f165667c5))
    (if (i32.ge_u (local.get $length) (i32.const 32))
      (then
        ;; The first and the second prime together, the second, 0, and less than that by the first.
        (local.set $a (i64.const 0x60ea27eeadc0b5d6))
        (local.set $b (i64.const 0xc2b2ae3d27d4eb4f))
        (local.set $d (i64.const 0x61c8864e7a143579))
        (loop $stripe
          (local.set $a (call $round (local.get $a) (i64.load (local.get $at))))
          (local.set $b (call $round (local.get $b) (i64.load offset=8 (local.get $at))))
          (local.set $c (call $round (local.get $c) (i64.load offset=16 (local.get $at))))
          (local.set $d (call $round (local.get $d) (i64.load offset=24 (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $stripe (i32.le_u (i32.add (local.get $at) (i32.const 32)) (local.get $end))))
        (local.set $acc
          (i64.add
            (i64.add (i64.rotl (local.get $a) (i64.const 1)) (i64.rotl (local.get $b) (i64.const 7)))
            (i64.add (i64.rotl (local.get $c) (i64.const 12)) (i64.rotl (local.get $d) (i64.const 18)))))
        (local.set $acc (call $merge (local.get $acc) (local.get $a)))
        (local.set $acc (call $merge (local.get $acc) (local.get $b)))
        (local.set $acc (call $merge (local.get $acc) (local.get $c)))
        (local.set $acc (call $merge (local.get $acc) (local.get $d)))))
    (local.set $acc (i64.add (local.get $acc) (i64.extend_i32_u (local.get $length))))
    (block $fewer
      (loop $eight
        (br_if $fewer (i32.gt_u (i32.add (local.get $at) (i32.const 8)) (local.get $end)))
        (local.set $acc
          (i64.add
            (i64.mul
              (i64.rotl
                (i64.xor (local.get $acc) (call $round (i64.const 0) (i64.load (local.get $at))))
                (i64.const 27))
              (i64.const 0x9e3779b185ebca87))
            (i64.const 0x85ebca77c2b2ae63)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $eight)))
    (if (i32.le_u (i32.add (local.get $at) (i32.const 4)) (local.get $end))
      (then
        (local.set $acc
          (i64.add
            (i64.mul
              (i64.rotl
                (i64.xor
                  (local.get $acc)
                  (i64.mul (i64.load32_u (local.get $at)) (i64.const 0x9e3779b185ebca87)))
                (i64.const 23))
              (i64.const 0xc2b2ae3d27d4eb4f))
            (i64.const 0x165667b19e3779f9)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (block $none
      (loop $one
        (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $acc
          (i64.mul
            (i64.rotl
              (i64.xor
                (local.get $acc)
                (i64.mul (i64.load8_u (local.get $at)) (i64.const 0x27d4eb2f165667c5)))
              (i64.const 11))
            (i64.const 0x9e3779b185ebca87)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $one)))
    (local.set $acc
      (i64.mul
        (i64.xor (local.get $acc) (i64.shr_u (local.get $acc) (i64.const 33)))
        (i64.const 0xc2b2ae3d27d4eb4f)))
    (local.set $acc
      (i64.mul
        (i64.xor (local.get $acc) (i64.shr_u (local.get $acc) (i64.const 29)))
        (i64.const 0x165667b19e3779f9)))
    (i64.xor (local.get $acc) (i64.shr_u (local.get $acc) (i64.const 32))))

  ;; Of each of the values from $at to $end, which have $width bytes, or if that is 0 four bytes of length before them.
  ;; @returns where the hashes end that were written from $out on
  (func (export "hashes") (param $at i32) (param $end i32) (param $width i32) (param $out i32) (result i32)
    (local $length i32)
    (local.set $length (local.get $width))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.eqz (local.get $width))
          (then
            (local.set $length (i32.load (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))))
        (i64.store (local.get $out) (call $hash (local.get $at) (local.get $length)))
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (local.set $out (i32.add (local.get $out) (i32.const 8)))
        (br $next)))
    (local.get $out)))
