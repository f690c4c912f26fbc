;; A text as JSON: UTF-8 between quotes, escaped as JSON.stringify escapes it. Compiled by scripts/build-wasm.mjs; byte-line.ts calls it.
(module
  (memory (export "memory") 4)
  ;; What is behind the backslash, for characters below 14 that have a short escape; behind it the digits of the others.
  (data (i32.const 0) "\00\00\00\00\00\00\00\00btn\00fr\00\000123456789abcdef")

  ;; Where $to and six times the length from there on are free, and 16 bytes more behind both.
  ;; @returns where it ends; 0 if it holds a replacement character, which may stand for half a surrogate pair
  (func (export "quote") (param $from i32) (param $length i32) (param $to i32) (result i32)
    (local $end i32) (local $sixteen v128) (local $special i32) (local $count i32) (local $char i32) (local $short i32)
    (local.set $end (i32.add (local.get $from) (local.get $length)))
    (i32.store8 (local.get $to) (i32.const 34))
    (local.set $to (i32.add (local.get $to) (i32.const 1)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $sixteen (v128.load (local.get $from)))
        (v128.store (local.get $to) (local.get $sixteen))
        ;; Below a space, quotes, backslashes, and what replacement characters begin with.
        (local.set $special
          (i8x16.bitmask
            (v128.or
              (v128.or
                (i8x16.lt_u (local.get $sixteen) (i8x16.splat (i32.const 32)))
                (i8x16.eq (local.get $sixteen) (i8x16.splat (i32.const 34))))
              (v128.or
                (i8x16.eq (local.get $sixteen) (i8x16.splat (i32.const 92)))
                (i8x16.eq (local.get $sixteen) (i8x16.splat (i32.const 0xef)))))))
        (local.set $count (select (i32.ctz (local.get $special)) (i32.const 16) (local.get $special)))
        (local.set $from (i32.add (local.get $from) (local.get $count)))
        (local.set $to (i32.add (local.get $to) (local.get $count)))
        (br_if $next (i32.eqz (local.get $special)))
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $char (i32.load8_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (if (i32.eq (local.get $char) (i32.const 0xef))
          (then
            (if (i32.eq (i32.load16_u (local.get $from)) (i32.const 0xbdbf))
              (then (return (i32.const 0))))
            (i32.store8 (local.get $to) (local.get $char))
            (local.set $to (i32.add (local.get $to) (i32.const 1)))
            (br $next)))
        (i32.store8 (local.get $to) (i32.const 92))
        (if (i32.ge_u (local.get $char) (i32.const 32))
          (then (local.set $short (local.get $char)))
          (else
            (local.set $short (i32.const 0))
            (if (i32.lt_u (local.get $char) (i32.const 14))
              (then (local.set $short (i32.load8_u (local.get $char)))))))
        (if (local.get $short)
          (then
            (i32.store8 offset=1 (local.get $to) (local.get $short))
            (local.set $to (i32.add (local.get $to) (i32.const 2))))
          (else
            ;; u00
            (i32.store offset=1 (local.get $to) (i32.const 0x303075))
            (i32.store8 offset=4 (local.get $to) (i32.load8_u offset=16 (i32.shr_u (local.get $char) (i32.const 4))))
            (i32.store8 offset=5 (local.get $to) (i32.load8_u offset=16 (i32.and (local.get $char) (i32.const 15))))
            (local.set $to (i32.add (local.get $to) (i32.const 6)))))
        (br $next)))
    ;; What was copied beyond the end does not count.
    (local.set $to (i32.sub (local.get $to) (i32.sub (local.get $from) (local.get $end))))
    (i32.store8 (local.get $to) (i32.const 34))
    (i32.add (local.get $to) (i32.const 1))))
