INSERT INTO jumps (id, build_id, account, signature_hash, signature_size, job_id, blob_hash, blob_size, made, used) VALUES ('k1', 'b2', 'u1', 'sh1', 5, 'j1', 'bh2', 6, 2500, 2600);
INSERT INTO patch_asks (id, from_build, to_build, account) VALUES ('q1', 'b1', 'b2', 'u1');
