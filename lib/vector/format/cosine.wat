;; The cosines of one query and some vectors that lie back to back, in exactly the order of operations of
;; cosine-similarity.ts: lane 0 adds up the even places and lane 1 the odd ones, so that both give the same bits.
(module
  (memory (export "memory") 1)
  (func (export "cosines")
    (param $query i32) (param $vector i32) (param $dimension i32) (param $rows i32) (param $norm f64) (param $scores i32)
    (local $place i32) (local $paired_end i32) (local $last i32)
    (local $query_pair v128) (local $vector_pair v128) (local $dot v128) (local $square v128) (local $norms f64)
    (local.set $paired_end
      (i32.add (local.get $query) (i32.shl (i32.and (local.get $dimension) (i32.const -2)) (i32.const 2))))
    (loop $row
      (if (i32.eqz (local.get $rows)) (then (return)))
      (local.set $dot (v128.const f64x2 0 0))
      (local.set $square (v128.const f64x2 0 0))
      (local.set $place (local.get $query))
      (block $paired
        (loop $pair
          (br_if $paired (i32.ge_u (local.get $place) (local.get $paired_end)))
          (local.set $query_pair (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $place))))
          (local.set $vector_pair (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $vector))))
          (local.set $dot
            (f64x2.add (local.get $dot) (f64x2.mul (local.get $query_pair) (local.get $vector_pair))))
          (local.set $square
            (f64x2.add (local.get $square) (f64x2.mul (local.get $vector_pair) (local.get $vector_pair))))
          (local.set $place (i32.add (local.get $place) (i32.const 8)))
          (local.set $vector (i32.add (local.get $vector) (i32.const 8)))
          (br $pair)))
      (if (i32.and (local.get $dimension) (i32.const 1))
        (then
          ;; The last of an odd number: a pair whose second half is zero and changes nothing.
          (local.set $query_pair (f64x2.promote_low_f32x4 (v128.load32_zero (local.get $place))))
          (local.set $vector_pair (f64x2.promote_low_f32x4 (v128.load32_zero (local.get $vector))))
          (local.set $dot
            (f64x2.add (local.get $dot) (f64x2.mul (local.get $query_pair) (local.get $vector_pair))))
          (local.set $square
            (f64x2.add (local.get $square) (f64x2.mul (local.get $vector_pair) (local.get $vector_pair))))
          (local.set $vector (i32.add (local.get $vector) (i32.const 4)))))
      (local.set $norms
        (f64.mul (local.get $norm)
          (f64.sqrt
            (f64.add (f64x2.extract_lane 0 (local.get $square)) (f64x2.extract_lane 1 (local.get $square))))))
      (f64.store (local.get $scores)
        (if (result f64) (f64.eq (local.get $norms) (f64.const 0))
          (then (f64.const 0))
          (else
            (f64.min (f64.const 1)
              (f64.max (f64.const -1)
                (f64.div
                  (f64.add (f64x2.extract_lane 0 (local.get $dot)) (f64x2.extract_lane 1 (local.get $dot)))
                  (local.get $norms)))))))
      (local.set $scores (i32.add (local.get $scores) (i32.const 8)))
      (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
      (br $row))))
