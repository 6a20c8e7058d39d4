//! `waitline-peers TOOL SCENARIO CONTACTS SEED`: runs a workload of Waitline in another framework and prints what was counted.

use std::error::Error;
use std::path::Path;

mod desk;
mod on_desru;
mod on_nexosim;
mod on_simu;
mod tally;
mod workload;

use workload::Workload;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tool, scenario, contacts, seed] = arguments.as_slice() else {
        return Err("usage: waitline-peers desru|nexosim|simu-des SCENARIO CONTACTS SEED".into());
    };
    let workload = Workload::open(Path::new(scenario), contacts.parse()?)?;
    let seed = seed.parse()?;
    let tally = match tool.as_str() {
        "desru" => on_desru::run(&workload, seed),
        "nexosim" => on_nexosim::run(&workload, seed)?,
        "simu-des" => on_simu::run(&workload, seed),
        other => return Err(format!("unknown tool `{other}`: expected desru, nexosim or simu-des").into()),
    };
    tally.print();
    Ok(())
}
