//! The binary embeds the built pages: a new build of them is a reason to build it again.

fn main() {
    println!("cargo:rerun-if-changed=web/dist");
}
