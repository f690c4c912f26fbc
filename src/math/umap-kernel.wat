;; One epoch of UMAP on a map of two dimensions; src/math/js-umap.ts is the same in JavaScript, number for number.
;; A place is two f64, x and y. An edge is 32 bytes: the epochs of its next pull and of its next pushes, and its period, as f64, and the
;; addresses of its two places. At $powers are two tables as power-table.ts makes them, of the exponents b and b - 1.
;; Compiled by scripts/build-wasm.mjs.
(module
  (memory (export "memory") 1)
  (global $state (export "state") (mut i32) (i32.const 0))

  ;; As `powerBy` of power-table.ts.
  (func $power (param $x f64) (param $table i32) (result f64)
    (local $bits i32) (local $at i32) (local $low f64)
    (local.set $bits (i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 (local.get $x)) (i64.const 32))))
    (local.set $at
      (i32.add (local.get $table) (i32.shl (i32.shr_u (i32.and (local.get $bits) (i32.const 0xfffff)) (i32.const 9)) (i32.const 3))))
    (local.set $low (f64.load offset=16384 (local.get $at)))
    (f64.mul
      (f64.load (i32.add (local.get $table) (i32.shl (i32.shr_u (local.get $bits) (i32.const 20)) (i32.const 3))))
      (f64.add (local.get $low)
        (f64.mul
          (f64.sub (f64.load offset=16392 (local.get $at)) (local.get $low))
          (f64.div (f64.convert_i32_u (i32.and (local.get $bits) (i32.const 511))) (f64.const 512))))))

  ;; Each number to -4 at least and 4 at most.
  (func $clipped (param $v v128) (result v128)
    (f64x2.pmax (f64x2.pmin (local.get $v) (v128.const f64x2 4 4)) (v128.const f64x2 -4 -4)))

  ;; Below $count, by `seededRandom` of random.ts.
  (func $drawn (param $count i32) (result i32)
    (local $state i32) (local $mixed i32)
    (local.set $state (i32.add (global.get $state) (i32.const 0x6d2b79f5)))
    (global.set $state (local.get $state))
    (local.set $mixed
      (i32.mul
        (i32.xor (local.get $state) (i32.shr_u (local.get $state) (i32.const 15)))
        (i32.or (local.get $state) (i32.const 1))))
    (local.set $mixed
      (i32.xor (local.get $mixed)
        (i32.add (local.get $mixed)
          (i32.mul
            (i32.xor (local.get $mixed) (i32.shr_u (local.get $mixed) (i32.const 7)))
            (i32.or (local.get $mixed) (i32.const 61))))))
    (local.set $mixed (i32.xor (local.get $mixed) (i32.shr_u (local.get $mixed) (i32.const 14))))
    (i32.wrap_i64
      (i64.shr_u (i64.mul (i64.extend_i32_u (local.get $mixed)) (i64.extend_i32_u (local.get $count))) (i64.const 32))))

  (func $squareOf (param $v v128) (result f64)
    (local.set $v (f64x2.mul (local.get $v) (local.get $v)))
    (f64.add (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))

  (func (export "epoch")
    (param $edge i32) (param $end i32) (param $places i32) (param $count i32) (param $powers i32)
    (param $a f64) (param $b f64) (param $epoch f64) (param $alpha f64)
    (local $own i32) (local $other i32) (local $place v128) (local $apart v128) (local $rate v128)
    (local $square f64) (local $period f64) (local $strangers f64)
    (local.set $rate (f64x2.splat (local.get $alpha)))
    (block $done
      (loop $nextEdge
        (br_if $done (i32.ge_u (local.get $edge) (local.get $end)))
        (if (f64.le (f64.load (local.get $edge)) (local.get $epoch))
          (then
            (local.set $own (i32.load offset=24 (local.get $edge)))
            (local.set $other (i32.load offset=28 (local.get $edge)))
            (local.set $place (v128.load (local.get $own)))
            (local.set $apart (f64x2.sub (local.get $place) (v128.load (local.get $other))))
            (local.set $square (call $squareOf (local.get $apart)))
            (if (f64.gt (local.get $square) (f64.const 0))
              (then
                (local.set $apart
                  (f64x2.mul (local.get $rate)
                    (call $clipped
                      (f64x2.mul (local.get $apart)
                        (f64x2.splat
                          (f64.div
                            (f64.mul
                              (f64.mul (f64.mul (f64.const -2) (local.get $a)) (local.get $b))
                              (call $power (local.get $square) (i32.add (local.get $powers) (i32.const 32776))))
                            (f64.add
                              (f64.mul (local.get $a) (call $power (local.get $square) (local.get $powers)))
                              (f64.const 1))))))))
                (local.set $place (f64x2.add (local.get $place) (local.get $apart)))
                (v128.store (local.get $other) (f64x2.sub (v128.load (local.get $other)) (local.get $apart)))))
            (local.set $period (f64.load offset=16 (local.get $edge)))
            (f64.store (local.get $edge) (f64.add (f64.load (local.get $edge)) (local.get $period)))
            (local.set $period (f64.div (local.get $period) (f64.const 5)))
            (local.set $strangers
              (f64.floor
                (f64.div (f64.sub (local.get $epoch) (f64.load offset=8 (local.get $edge))) (local.get $period))))
            (f64.store offset=8 (local.get $edge)
              (f64.add (f64.load offset=8 (local.get $edge)) (f64.mul (local.get $strangers) (local.get $period))))
            (block $pushed
              (loop $nextStranger
                (br_if $pushed (f64.le (local.get $strangers) (f64.const 0)))
                (local.set $strangers (f64.sub (local.get $strangers) (f64.const 1)))
                (local.set $other
                  (i32.add (local.get $places) (i32.shl (call $drawn (local.get $count)) (i32.const 4))))
                (br_if $nextStranger (i32.eq (local.get $other) (local.get $own)))
                (local.set $apart (f64x2.sub (local.get $place) (v128.load (local.get $other))))
                (local.set $square (call $squareOf (local.get $apart)))
                (if (f64.gt (local.get $square) (f64.const 0))
                  (then
                    (local.set $apart
                      (call $clipped
                        (f64x2.mul (local.get $apart)
                          (f64x2.splat
                            (f64.div
                              (f64.mul (f64.const 2) (local.get $b))
                              (f64.mul
                                (f64.add (f64.const 0.001) (local.get $square))
                                (f64.add
                                  (f64.mul (local.get $a) (call $power (local.get $square) (local.get $powers)))
                                  (f64.const 1)))))))))
                  (else (local.set $apart (v128.const f64x2 4 4))))
                (local.set $place (f64x2.add (local.get $place) (f64x2.mul (local.get $apart) (local.get $rate))))
                (br $nextStranger)))
            (v128.store (local.get $own) (local.get $place))))
        (local.set $edge (i32.add (local.get $edge) (i32.const 32)))
        (br $nextEdge)))))
