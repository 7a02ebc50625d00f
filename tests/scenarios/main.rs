//! What Mist promises, tried on real processes. One module a promise.

mod lab;
