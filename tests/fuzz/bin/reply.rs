#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| mobproc_fuzz::reply(data));
