//! What Mist promises, tried on real processes. One module a kind of promise.

mod adopted;
mod api;
mod catalogue;
mod disks;
mod documents;
mod engine;
mod floods;
mod folders;
mod in_place;
mod jump;
mod kills;
mod lab;
mod liar;
mod links;
mod main_job;
mod meddler;
mod networks;
mod operator;
mod outputs;
mod random_trees;
mod releases;
mod replay;
mod replicas;
mod test_peer;
mod torture;
mod trust;
